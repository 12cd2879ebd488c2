"""The live floor: agents and their states, who waits, what is owed, and what a supervisor may order.

`view` is pure; what is ordered goes to the engine as a command (`orders`), and the page shows what the engine decided.
"""
