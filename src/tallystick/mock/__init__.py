"""A server for a contract that nobody implemented yet: real routers, stand-ins for the handlers."""
