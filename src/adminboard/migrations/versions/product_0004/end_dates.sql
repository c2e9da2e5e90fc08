ALTER TABLE subscriptions ADD COLUMN cancel_at timestamptz;
