"""Bulk changes: a file of rows, each a change of one action, checked first and then run."""
