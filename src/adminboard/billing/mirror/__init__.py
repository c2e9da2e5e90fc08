"""What Stripe has, written into our rows: one module for each kind of object (docs/adr/0011)."""
