"""How large a contract may be. Beyond these a file is an attack or an accident, and is refused at the place."""

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 200
"""Nesting of objects and arrays. Everything that walks a contract may recurse this deep."""
MAX_ALIAS_NODES = 200_000
"""Nodes that YAML aliases may add in one file (ten lines of aliases can otherwise ask for 10^9)."""
MAX_DIGITS = 400
"""Digits of one number."""
MAX_INLINED = 200_000
"""References other than those to schemas, once each is replaced by what it names, with those inside of that."""
MAX_MATCHES = 1_000_000
"""Nodes that one path of an overlay may name."""
MAX_ADDED_NODES = 200_000
"""Nodes that one overlay may add."""
