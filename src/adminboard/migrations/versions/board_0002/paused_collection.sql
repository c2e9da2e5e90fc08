ALTER TABLE board.discrepancies
    DROP CONSTRAINT ck_discrepancies_kind,
    ADD CONSTRAINT ck_discrepancies_kind
        CHECK (kind IN ('missing_here', 'missing_in_stripe', 'status', 'quantity', 'plan', 'period',
            'cancel_at_period_end', 'pause', 'customer', 'several_live_subscriptions', 'unknown_price',
            'unknown_status', 'error'));
ALTER TABLE board.listed_subscriptions
    ADD COLUMN pause_behavior text,
    ADD COLUMN pause_resumes_at timestamptz;
