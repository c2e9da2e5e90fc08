ALTER TABLE subscriptions
    ADD COLUMN pause_behavior varchar(40),
    ADD COLUMN pause_resumes_at timestamptz;
ALTER TABLE subscriptions
    ADD CONSTRAINT ck_subscriptions_pause_behavior
        CHECK (pause_behavior IN ('void', 'keep_as_draft', 'mark_uncollectible')) NOT VALID,
    ADD CONSTRAINT ck_subscriptions_resumes_only_from_a_pause
        CHECK (pause_resumes_at IS NULL OR pause_behavior IS NOT NULL) NOT VALID;
ALTER TABLE subscriptions
    VALIDATE CONSTRAINT ck_subscriptions_pause_behavior,
    VALIDATE CONSTRAINT ck_subscriptions_resumes_only_from_a_pause;
CREATE INDEX ix_subscriptions_paused
    ON subscriptions (current_period_end, id) WHERE pause_behavior IS NOT NULL;
CREATE INDEX ix_subscriptions_paused_created_at
    ON subscriptions (created_at, id) WHERE pause_behavior IS NOT NULL;
