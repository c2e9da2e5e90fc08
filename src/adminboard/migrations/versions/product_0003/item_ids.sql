CREATE INDEX ix_subscriptions_stripe_item_id ON subscriptions (stripe_item_id);
