"""Servers to compare with: the same four operations, on the same database, for the same tokens."""
