"""The commands of `tally`, one module each."""
