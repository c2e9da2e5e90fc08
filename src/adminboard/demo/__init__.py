"""Data to try the board with, and the one-command demonstration."""
