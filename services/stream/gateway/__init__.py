"""The gateway: one published address for any number of replicas, with no proxy between a viewer and its pictures.

It accepts a viewer's connection and passes the open socket on to the replica with the fewest, through a Unix socket
that both containers mount. From then on the replica and the viewer are alone: the gateway copies no byte, and the
kernel tells the replica the viewer's own address and how much of a picture is unsent (docs/decisions/0027).
"""
