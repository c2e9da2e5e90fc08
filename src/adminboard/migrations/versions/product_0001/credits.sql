CREATE TABLE credit_balances (
    user_id uuid NOT NULL,
    total numeric(14, 2) NOT NULL,
    trial numeric(14, 2) NOT NULL,
    subscription numeric(14, 2) NOT NULL,
    credit_pack numeric(14, 2) NOT NULL,
    adjustment numeric(14, 2) NOT NULL,
    last_sequence integer NOT NULL,
    last_updated timestamptz NOT NULL,
    CONSTRAINT pk_credit_balances PRIMARY KEY (user_id),
    CONSTRAINT ck_credit_balances_total_is_sum_of_buckets
        CHECK (total = trial + subscription + credit_pack + adjustment),
    CONSTRAINT ck_credit_balances_trial_not_negative CHECK (trial >= 0),
    CONSTRAINT ck_credit_balances_subscription_not_negative CHECK (subscription >= 0),
    CONSTRAINT ck_credit_balances_credit_pack_not_negative CHECK (credit_pack >= 0),
    CONSTRAINT ck_credit_balances_last_sequence_not_negative CHECK (last_sequence >= 0),
    CONSTRAINT fk_credit_balances_user_id FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX ix_credit_balances_last_updated ON credit_balances (last_updated, user_id);
CREATE INDEX ix_credit_balances_total ON credit_balances (total, user_id);

CREATE TABLE credit_transactions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    sequence integer NOT NULL,
    type varchar(40) NOT NULL,
    amount numeric(14, 2) NOT NULL,
    balance_after numeric(14, 2) NOT NULL,
    description text NOT NULL,
    metadata jsonb NOT NULL,
    expires_at timestamptz,
    reverses_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_credit_transactions PRIMARY KEY (id),
    CONSTRAINT uq_credit_transactions_user_id_sequence UNIQUE (user_id, sequence),
    CONSTRAINT ck_credit_transactions_sequence_from_one CHECK (sequence >= 1),
    CONSTRAINT ck_credit_transactions_amount_not_zero CHECK (amount <> 0),
    CONSTRAINT ck_credit_transactions_only_grants_expire CHECK (expires_at IS NULL OR amount > 0),
    CONSTRAINT ck_credit_transactions_expires_after_grant CHECK (expires_at > created_at),
    CONSTRAINT ck_credit_transactions_reverses_another CHECK (reverses_id <> id),
    CONSTRAINT ck_credit_transactions_usage_and_expiry_are_debits
        CHECK (type NOT IN ('deduct_usage', 'expiry') OR amount < 0 OR reverses_id IS NOT NULL),
    CONSTRAINT fk_credit_transactions_user_id FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT uq_credit_transactions_reverses_id UNIQUE (reverses_id),
    CONSTRAINT fk_credit_transactions_reverses_id
        FOREIGN KEY (reverses_id) REFERENCES credit_transactions (id),
    CONSTRAINT ck_credit_transactions_type
        CHECK (type IN ('grant_trial', 'grant_subscription', 'grant_credit_pack', 'deduct_usage',
            'adjustment', 'refund', 'expiry'))
);
CREATE INDEX ix_credit_transactions_created_at ON credit_transactions (created_at, id) INCLUDE (user_id);
CREATE INDEX ix_credit_transactions_expires_at
    ON credit_transactions (expires_at, id) WHERE expires_at IS NOT NULL;
CREATE INDEX ix_credit_transactions_type ON credit_transactions (user_id, type, created_at, id);
CREATE INDEX ix_credit_transactions_type_of_all ON credit_transactions (type, created_at, id);
CREATE INDEX ix_credit_transactions_user_id ON credit_transactions (user_id, created_at, id);

CREATE TABLE credit_allocations (
    id uuid NOT NULL,
    transaction_id uuid NOT NULL,
    grant_transaction_id uuid NOT NULL,
    amount numeric(14, 2) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_credit_allocations PRIMARY KEY (id),
    CONSTRAINT ck_credit_allocations_amount_not_zero CHECK (amount <> 0),
    CONSTRAINT ck_credit_allocations_pays_another CHECK (transaction_id <> grant_transaction_id),
    CONSTRAINT fk_credit_allocations_transaction_id
        FOREIGN KEY (transaction_id) REFERENCES credit_transactions (id),
    CONSTRAINT fk_credit_allocations_grant_transaction_id
        FOREIGN KEY (grant_transaction_id) REFERENCES credit_transactions (id)
);
CREATE INDEX ix_credit_allocations_grant_transaction_id ON credit_allocations (grant_transaction_id);
CREATE INDEX ix_credit_allocations_transaction_id ON credit_allocations (transaction_id);
