"""What a request costs: run by `make bench`, never asserted."""
