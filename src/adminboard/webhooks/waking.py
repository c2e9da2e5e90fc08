"""The job that applies events: whoever keeps one, or puts one back, has it run soon after the commit."""

APPLY_EVENTS = "apply_billing_events"
PRIORITY = -1
"""As for runs: jobs of the clock go first, and long work takes turns."""
