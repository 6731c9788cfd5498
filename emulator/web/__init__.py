"""How a request meets the core: the stage, operations, bodies, documentation, the server."""
