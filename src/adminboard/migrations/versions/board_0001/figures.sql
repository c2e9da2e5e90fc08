CREATE TABLE board.open_grants (
    grant_transaction_id uuid NOT NULL,
    user_id uuid NOT NULL,
    bucket varchar(40) NOT NULL,
    granted_at timestamptz NOT NULL,
    expires_at timestamptz,
    remaining numeric(14, 2) NOT NULL,
    sequence integer NOT NULL,
    CONSTRAINT pk_open_grants PRIMARY KEY (grant_transaction_id),
    CONSTRAINT ck_open_grants_remaining_above_zero CHECK (remaining > 0),
    CONSTRAINT fk_open_grants_grant_transaction_id
        FOREIGN KEY (grant_transaction_id) REFERENCES credit_transactions (id),
    CONSTRAINT ck_open_grants_bucket
        CHECK (bucket IN ('trial', 'subscription', 'credit_pack', 'adjustment'))
);
CREATE INDEX ix_open_grants_expires_at ON board.open_grants (expires_at, grant_transaction_id);
CREATE INDEX ix_open_grants_burn_order ON board.open_grants (
    user_id,
    expires_at,
    (CASE bucket WHEN 'trial' THEN 0 WHEN 'subscription' THEN 1 WHEN 'credit_pack' THEN 2 ELSE 3 END),
    granted_at,
    grant_transaction_id
);

CREATE TABLE board.open_debts (
    transaction_id uuid NOT NULL,
    user_id uuid NOT NULL,
    uncovered numeric(14, 2) NOT NULL,
    sequence integer NOT NULL,
    CONSTRAINT pk_open_debts PRIMARY KEY (transaction_id),
    CONSTRAINT ck_open_debts_uncovered_above_zero CHECK (uncovered > 0),
    CONSTRAINT fk_open_debts_transaction_id
        FOREIGN KEY (transaction_id) REFERENCES credit_transactions (id)
);
CREATE INDEX ix_open_debts_user_id ON board.open_debts (user_id, sequence);

CREATE TABLE board.user_figures (
    user_id uuid NOT NULL,
    calls_30d integer NOT NULL,
    refreshed_at timestamptz NOT NULL,
    CONSTRAINT pk_user_figures PRIMARY KEY (user_id),
    CONSTRAINT ck_user_figures_calls_30d_not_negative CHECK (calls_30d >= 0)
);
CREATE INDEX ix_user_figures_calls_30d ON board.user_figures (calls_30d, user_id);

CREATE TABLE board.business_figures (
    business_id uuid NOT NULL,
    calls_30d integer NOT NULL,
    refreshed_at timestamptz NOT NULL,
    CONSTRAINT pk_business_figures PRIMARY KEY (business_id),
    CONSTRAINT ck_business_figures_calls_30d_above_zero CHECK (calls_30d > 0)
);
CREATE INDEX ix_business_figures_calls_30d ON board.business_figures (calls_30d, business_id);

CREATE TABLE board.promotion_figures (
    promotion_code_id uuid NOT NULL,
    users integer NOT NULL,
    uses integer NOT NULL,
    last_used_at timestamptz,
    refreshed_at timestamptz NOT NULL,
    CONSTRAINT pk_promotion_figures PRIMARY KEY (promotion_code_id),
    CONSTRAINT ck_promotion_figures_users_among_uses CHECK (users BETWEEN 0 AND uses),
    CONSTRAINT ck_promotion_figures_last_use_known CHECK ((uses > 0) = (last_used_at IS NOT NULL))
);
CREATE INDEX ix_promotion_figures_last_used_at
    ON board.promotion_figures (last_used_at, promotion_code_id);
CREATE INDEX ix_promotion_figures_users ON board.promotion_figures (users, promotion_code_id);
CREATE INDEX ix_promotion_figures_uses ON board.promotion_figures (uses, promotion_code_id);

CREATE TABLE board.business_call_days (
    business_id uuid NOT NULL,
    day date NOT NULL,
    calls integer NOT NULL,
    answered integer NOT NULL,
    forwarded integer NOT NULL,
    missed integer NOT NULL,
    voicemail integer NOT NULL,
    failed integer NOT NULL,
    duration_seconds integer NOT NULL,
    CONSTRAINT pk_business_call_days PRIMARY KEY (business_id, day),
    CONSTRAINT ck_business_call_days_calls_is_sum_of_outcomes
        CHECK (calls = answered + forwarded + missed + voicemail + failed)
);
CREATE INDEX ix_business_call_days_day ON board.business_call_days (day, business_id);

CREATE TABLE board.daily_metrics (
    metric varchar(40) NOT NULL,
    dimension text NOT NULL,
    day date NOT NULL,
    value numeric(20, 2) NOT NULL,
    refreshed_at timestamptz NOT NULL,
    CONSTRAINT pk_daily_metrics PRIMARY KEY (metric, dimension, day),
    CONSTRAINT ck_daily_metrics_metric
        CHECK (metric IN (
            'signups', 'calls', 'calls_answered', 'revenue_cents', 'refunds_cents', 'active_subscriptions'
        ))
);
CREATE INDEX ix_daily_metrics_day ON board.daily_metrics (day);

CREATE TABLE board.kept_cards (
    listing text NOT NULL,
    part text NOT NULL,
    figures json NOT NULL,
    counted_at timestamptz NOT NULL,
    CONSTRAINT pk_kept_cards PRIMARY KEY (listing, part)
);

CREATE TABLE board.figures_state (
    id integer NOT NULL,
    time_zone text NOT NULL,
    day date NOT NULL,
    read_until timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    checked_at timestamptz NOT NULL,
    settled_until timestamptz NOT NULL,
    settled_calls integer NOT NULL,
    settled_calls_answered integer NOT NULL,
    CONSTRAINT pk_figures_state PRIMARY KEY (id),
    CONSTRAINT ck_figures_state_one_row CHECK (id = 1)
);
