"""Figures too slow to count while someone waits, kept beside the rows they come from."""
