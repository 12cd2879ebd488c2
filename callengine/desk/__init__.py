"""The desk: what people see and do in a browser. A process of its own, which no call ever waits for (law 10).

A folder for each subject, its rules pure, its pages thin: `engine_link` (what happens on the telephone), `web` (HTTP).
Nothing here speaks AMI, writes the ledger or is imported by the engine; what is wanted of the engine goes through its
socket. What every process needs comes from `callengine.platform`.
"""
