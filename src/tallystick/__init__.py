"""Tallystick: an OpenAPI contract on one side, the running server on the other; they match, or the build fails."""
