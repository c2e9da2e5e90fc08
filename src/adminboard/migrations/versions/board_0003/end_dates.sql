ALTER TABLE board.listed_subscriptions ADD COLUMN cancel_at timestamptz;
