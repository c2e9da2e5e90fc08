"""The kinds of Stripe's events that change our rows; whatever else comes is kept as ignored."""
