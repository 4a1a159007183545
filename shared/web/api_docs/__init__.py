"""The page `/docs`: an OpenAPI description as plain HTML. It needs no script and nothing from another server."""
