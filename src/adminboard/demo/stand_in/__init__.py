"""Stripe's stand-in for the demonstration, filled from the board's own database."""
