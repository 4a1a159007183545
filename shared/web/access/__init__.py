"""Access to the HTTP services: passwords, tokens, sessions and share links. docs/access.md describes it for users.

Nothing here is stored, or shared between processes: what one replica has signed, any other can verify.
"""
