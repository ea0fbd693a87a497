"""Diagnostics for people and for machines."""

from tallystick.reporting.formats import Format, report

__all__ = ["Format", "report"]
