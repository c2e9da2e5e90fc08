"""What Stripe's billing does by itself: invoices, payments, prorations, and what happens as time passes."""
