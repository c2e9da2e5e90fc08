"""Measurements: the board against a floor, in the same run, on the same data. `make bench`."""
