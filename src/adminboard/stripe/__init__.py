"""Stripe: the one door to it, and the stand-in that takes its place in the demonstration and the tests."""
