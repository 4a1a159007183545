"""Who may come in: passwords, tokens, sessions and share links, for every HTTP service alike. docs/access.md tells it.

Nothing here is kept on a disk or shared between processes: what a replica has signed, any other verifies.
"""
