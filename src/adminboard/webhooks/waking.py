"""The jobs that others have run soon after their commit: whoever keeps an event, or puts one back, that which
applies it; whoever applies a failed payment, that which asks why it failed."""

APPLY_EVENTS = "apply_billing_events"
EXPLAIN_FAILURES = "explain_failed_payments"
PRIORITY = -1
"""As for runs: jobs of the clock go first, and long work takes turns."""
