"""The three services. They never import each other: they meet on the bus, in the wire format of `shared`."""
