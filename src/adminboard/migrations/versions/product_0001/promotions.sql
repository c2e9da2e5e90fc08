CREATE TABLE promotion_codes (
    id uuid NOT NULL,
    code text NOT NULL,
    stripe_promotion_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_promotion_codes PRIMARY KEY (id),
    CONSTRAINT uq_promotion_codes_code UNIQUE (code),
    CONSTRAINT uq_promotion_codes_stripe_promotion_id UNIQUE (stripe_promotion_id)
);
CREATE INDEX ix_promotion_codes_code ON promotion_codes (lower(code), id);
CREATE INDEX ix_promotion_codes_code_prefix ON promotion_codes (lower(code) text_pattern_ops);
CREATE INDEX ix_promotion_codes_created_at ON promotion_codes (created_at, id);
CREATE INDEX ix_promotion_codes_search ON promotion_codes USING gin (code gin_trgm_ops);
CREATE INDEX ix_promotion_codes_stripe_prefix ON promotion_codes (stripe_promotion_id text_pattern_ops);

CREATE TABLE promotion_code_usages (
    id uuid NOT NULL,
    promotion_code_id uuid NOT NULL,
    user_id uuid NOT NULL,
    action varchar(40) NOT NULL,
    failure_reason text,
    stripe_invoice_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_promotion_code_usages PRIMARY KEY (id),
    CONSTRAINT fk_promotion_code_usages_promotion_code_id
        FOREIGN KEY (promotion_code_id) REFERENCES promotion_codes (id),
    CONSTRAINT fk_promotion_code_usages_user_id FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT ck_promotion_code_usages_action
        CHECK (action IN ('validated', 'applied', 'cleared', 'failed'))
);
CREATE INDEX ix_promotion_code_usages_action ON promotion_code_usages (action, created_at, id);
CREATE INDEX ix_promotion_code_usages_code ON promotion_code_usages (promotion_code_id, created_at, id);
CREATE INDEX ix_promotion_code_usages_code_action
    ON promotion_code_usages (promotion_code_id, action, created_at, id);
CREATE INDEX ix_promotion_code_usages_code_user
    ON promotion_code_usages (promotion_code_id, user_id, created_at, id) INCLUDE (action);
CREATE INDEX ix_promotion_code_usages_created_at ON promotion_code_usages (created_at, id);
CREATE INDEX ix_promotion_code_usages_user ON promotion_code_usages (user_id, created_at, id);
