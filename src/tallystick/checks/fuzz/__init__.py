"""Fuzzing a server against its contract: checks for Schemathesis, reading of its reports, and gates on what was tried.

Nothing here knows a product: what to check follows from the contract and from `[checks.<Name>]`.
"""
