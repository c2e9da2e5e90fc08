"""Making things happen in the stand-in that in Stripe happen by themselves, or on bad days."""
