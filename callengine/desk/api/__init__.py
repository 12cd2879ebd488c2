"""`/desk/api/v1`: what programs of the centre and of its companies read, by tokens with a role and companies (P5).

Handlers carry as pages do: the same rights at the routes, the same queries with the same scope. What each route takes
and answers stands beside it (`told`), and `/desk/api/v1/openapi.json` is made of that.
"""
