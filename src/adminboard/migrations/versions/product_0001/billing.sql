CREATE TABLE plans (
    id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    stripe_product_id text,
    stripe_price_id text,
    amount_cents bigint NOT NULL,
    currency varchar(3) NOT NULL,
    interval varchar(40) NOT NULL,
    included_minutes integer NOT NULL,
    monthly_credits numeric(14, 2) NOT NULL,
    is_active boolean NOT NULL,
    stripe_state_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_plans PRIMARY KEY (id),
    CONSTRAINT ck_plans_amount_not_negative CHECK (amount_cents >= 0),
    CONSTRAINT ck_plans_currency_lower_case CHECK (currency ~ '^[a-z]{3}$'),
    CONSTRAINT ck_plans_included_minutes_not_negative CHECK (included_minutes >= 0),
    CONSTRAINT ck_plans_monthly_credits_not_negative CHECK (monthly_credits >= 0),
    CONSTRAINT uq_plans_slug UNIQUE (slug),
    CONSTRAINT uq_plans_stripe_price_id UNIQUE (stripe_price_id),
    CONSTRAINT ck_plans_interval CHECK (interval IN ('day', 'week', 'month', 'year'))
);
CREATE INDEX ix_plans_stripe_product_id ON plans (stripe_product_id);

CREATE TABLE subscriptions (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    stripe_subscription_id text,
    stripe_item_id text,
    status varchar(40) NOT NULL,
    quantity integer NOT NULL,
    current_period_start timestamptz,
    current_period_end timestamptz,
    trial_end timestamptz,
    cancel_at_period_end boolean NOT NULL,
    canceled_at timestamptz,
    stripe_state_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_subscriptions PRIMARY KEY (id),
    CONSTRAINT ck_subscriptions_quantity_at_least_one CHECK (quantity >= 1),
    CONSTRAINT ck_subscriptions_period_in_order CHECK (current_period_end >= current_period_start),
    CONSTRAINT fk_subscriptions_organization_id
        FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_subscriptions_plan_id FOREIGN KEY (plan_id) REFERENCES plans (id),
    CONSTRAINT uq_subscriptions_stripe_subscription_id UNIQUE (stripe_subscription_id),
    CONSTRAINT ck_subscriptions_status
        CHECK (status IN ('trialing', 'active', 'past_due', 'unpaid', 'canceled', 'incomplete',
            'incomplete_expired', 'paused'))
);
CREATE INDEX ix_subscriptions_created_at ON subscriptions (created_at, id);
CREATE INDEX ix_subscriptions_current_period_end ON subscriptions (current_period_end, id);
CREATE INDEX ix_subscriptions_leaving ON subscriptions (current_period_end, id) WHERE cancel_at_period_end;
CREATE INDEX ix_subscriptions_leaving_created_at
    ON subscriptions (created_at, id) WHERE cancel_at_period_end;
CREATE INDEX ix_subscriptions_organization_id ON subscriptions (organization_id, created_at, id);
CREATE INDEX ix_subscriptions_plan_created_at ON subscriptions (plan_id, created_at, id);
CREATE INDEX ix_subscriptions_plan_id ON subscriptions (plan_id, status, organization_id);
CREATE INDEX ix_subscriptions_plan_period_end ON subscriptions (plan_id, current_period_end, id);
CREATE INDEX ix_subscriptions_status ON subscriptions (status, created_at, id);
CREATE INDEX ix_subscriptions_status_period_end ON subscriptions (status, current_period_end, id);
CREATE INDEX ix_subscriptions_trial_end ON subscriptions (trial_end, id) WHERE status = 'trialing';
CREATE UNIQUE INDEX uq_subscriptions_one_live
    ON subscriptions (organization_id) WHERE status NOT IN ('canceled', 'incomplete_expired');

CREATE TABLE invoices (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    subscription_id uuid,
    stripe_subscription_id text,
    stripe_invoice_id text NOT NULL,
    number text,
    amount_due_cents bigint NOT NULL,
    amount_paid_cents bigint NOT NULL,
    amount_refunded_cents bigint NOT NULL,
    currency varchar(3) NOT NULL,
    status varchar(40) NOT NULL,
    due_date timestamptz,
    paid_at timestamptz,
    period_start timestamptz,
    period_end timestamptz,
    hosted_invoice_url text,
    invoice_pdf_url text,
    payment_failed_at timestamptz,
    stripe_state_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_invoices PRIMARY KEY (id),
    CONSTRAINT ck_invoices_amount_paid_not_negative CHECK (amount_paid_cents >= 0),
    CONSTRAINT ck_invoices_amount_refunded_not_negative CHECK (amount_refunded_cents >= 0),
    CONSTRAINT ck_invoices_refunded_at_most_paid CHECK (amount_refunded_cents <= amount_paid_cents),
    CONSTRAINT ck_invoices_currency_lower_case CHECK (currency ~ '^[a-z]{3}$'),
    CONSTRAINT fk_invoices_organization_id FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_invoices_subscription_id FOREIGN KEY (subscription_id) REFERENCES subscriptions (id),
    CONSTRAINT uq_invoices_stripe_invoice_id UNIQUE (stripe_invoice_id),
    CONSTRAINT ck_invoices_status CHECK (status IN ('draft', 'open', 'paid', 'uncollectible', 'void'))
);
CREATE INDEX ix_invoices_amount_due_cents ON invoices (amount_due_cents, id);
CREATE INDEX ix_invoices_created_at ON invoices (created_at, id) INCLUDE (due_date, paid_at);
CREATE INDEX ix_invoices_due_date ON invoices (due_date, id);
CREATE INDEX ix_invoices_number ON invoices (lower(number) text_pattern_ops);
CREATE INDEX ix_invoices_organization_id ON invoices (organization_id, created_at, id);
CREATE INDEX ix_invoices_paid_at ON invoices (paid_at, id) INCLUDE (status, currency, amount_paid_cents);
CREATE INDEX ix_invoices_status ON invoices (status, created_at, id);
CREATE INDEX ix_invoices_status_amount_due_cents ON invoices (status, amount_due_cents, id);
CREATE INDEX ix_invoices_status_due_date ON invoices (status, due_date, id);
CREATE INDEX ix_invoices_status_paid_at ON invoices (status, paid_at, id);
CREATE INDEX ix_invoices_subscription_id ON invoices (subscription_id);
CREATE INDEX ix_invoices_updated_at ON invoices (updated_at);
CREATE INDEX ix_invoices_without_subscription
    ON invoices (stripe_subscription_id)
    WHERE subscription_id IS NULL AND stripe_subscription_id IS NOT NULL;
CREATE INDEX ix_invoices_payment_failed
    ON invoices (organization_id, payment_failed_at) WHERE payment_failed_at IS NOT NULL;

CREATE TABLE payment_methods (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    stripe_payment_method_id text NOT NULL,
    type text NOT NULL,
    brand text,
    last4 text,
    exp_month integer,
    exp_year integer,
    is_default boolean NOT NULL,
    status varchar(40) NOT NULL,
    stripe_state_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_payment_methods PRIMARY KEY (id),
    CONSTRAINT ck_payment_methods_exp_month_of_a_year CHECK (exp_month BETWEEN 1 AND 12),
    CONSTRAINT fk_payment_methods_organization_id
        FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT uq_payment_methods_stripe_payment_method_id UNIQUE (stripe_payment_method_id),
    CONSTRAINT ck_payment_methods_status CHECK (status IN ('active', 'expired', 'detached'))
);
CREATE INDEX ix_payment_methods_created_at ON payment_methods (created_at, id);
CREATE INDEX ix_payment_methods_expiry ON payment_methods ((exp_year * 12 + exp_month), id);
CREATE INDEX ix_payment_methods_last4 ON payment_methods (last4, created_at, id);
CREATE INDEX ix_payment_methods_organization_id ON payment_methods (organization_id, status, created_at);
CREATE INDEX ix_payment_methods_status ON payment_methods (status, created_at, id);
CREATE INDEX ix_payment_methods_type ON payment_methods (type, created_at, id);
CREATE UNIQUE INDEX uq_payment_methods_one_default ON payment_methods (organization_id) WHERE is_default;

CREATE TABLE refunds (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    invoice_id uuid,
    stripe_refund_id text,
    amount_cents bigint NOT NULL,
    currency varchar(3) NOT NULL,
    reason varchar(40),
    status varchar(40) NOT NULL,
    requested_by text NOT NULL,
    stripe_state_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_refunds PRIMARY KEY (id),
    CONSTRAINT ck_refunds_amount_above_zero CHECK (amount_cents > 0),
    CONSTRAINT ck_refunds_currency_lower_case CHECK (currency ~ '^[a-z]{3}$'),
    CONSTRAINT fk_refunds_organization_id FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_refunds_invoice_id FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT uq_refunds_stripe_refund_id UNIQUE (stripe_refund_id),
    CONSTRAINT ck_refunds_reason CHECK (reason IN ('duplicate', 'fraudulent', 'requested_by_customer')),
    CONSTRAINT ck_refunds_status
        CHECK (status IN ('pending', 'requires_action', 'succeeded', 'failed', 'canceled'))
);
CREATE INDEX ix_refunds_created_at ON refunds (created_at, id);
CREATE INDEX ix_refunds_invoice_id ON refunds (invoice_id, created_at);
CREATE INDEX ix_refunds_organization_id ON refunds (organization_id, created_at, id);
CREATE INDEX ix_refunds_reason ON refunds (reason, created_at, id);
CREATE INDEX ix_refunds_status ON refunds (status, created_at, id);
CREATE INDEX ix_refunds_updated_at ON refunds (updated_at);

CREATE TABLE usage_periods (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    minutes_used integer NOT NULL,
    minutes_limit integer NOT NULL,
    overage_cents bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_usage_periods PRIMARY KEY (id),
    CONSTRAINT uq_usage_periods_organization_id_period_start UNIQUE (organization_id, period_start),
    CONSTRAINT ck_usage_periods_period_in_order CHECK (period_end > period_start),
    CONSTRAINT ck_usage_periods_minutes_used_not_negative CHECK (minutes_used >= 0),
    CONSTRAINT ck_usage_periods_minutes_limit_not_negative CHECK (minutes_limit >= 0),
    CONSTRAINT ck_usage_periods_overage_not_negative CHECK (overage_cents >= 0),
    CONSTRAINT fk_usage_periods_organization_id
        FOREIGN KEY (organization_id) REFERENCES organizations (id)
);
CREATE INDEX ix_usage_periods_minutes_used ON usage_periods (minutes_used, id);
CREATE INDEX ix_usage_periods_overage_cents ON usage_periods (overage_cents, id);
CREATE INDEX ix_usage_periods_overage ON usage_periods (period_start, id) WHERE overage_cents > 0;
CREATE INDEX ix_usage_periods_period_start ON usage_periods (period_start, id);

CREATE TABLE billing_events (
    id uuid NOT NULL,
    stripe_event_id text,
    event_type text NOT NULL,
    source varchar(40) NOT NULL,
    organization_id uuid,
    raw_payload jsonb,
    stripe_customer_id text,
    stripe_subscription_id text,
    stripe_invoice_id text,
    stripe_charge_id text,
    stripe_refund_id text,
    amount_cents bigint,
    currency varchar(3),
    previous_status text,
    status text,
    previous_quantity integer,
    quantity integer,
    notes text,
    processing_status varchar(40) NOT NULL,
    attempts integer NOT NULL,
    last_error text,
    received_at timestamptz NOT NULL,
    processed_at timestamptz,
    next_attempt_at timestamptz,
    fetch_anew boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing_events PRIMARY KEY (id),
    CONSTRAINT ck_billing_events_webhook_has_event_id
        CHECK ((source = 'manual') = (stripe_event_id IS NULL)),
    CONSTRAINT ck_billing_events_attempts_not_negative CHECK (attempts >= 0),
    CONSTRAINT ck_billing_events_currency_lower_case CHECK (currency ~ '^[a-z]{3}$'),
    CONSTRAINT uq_billing_events_stripe_event_id UNIQUE (stripe_event_id),
    CONSTRAINT fk_billing_events_organization_id
        FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_billing_events_source CHECK (source IN ('webhook', 'manual')),
    CONSTRAINT ck_billing_events_processing_status
        CHECK (processing_status IN ('received', 'processing', 'processed', 'failed', 'ignored'))
);
CREATE INDEX ix_billing_events_due
    ON billing_events (next_attempt_at, id) WHERE processing_status IN ('received', 'processing', 'failed');
CREATE INDEX ix_billing_events_event_type
    ON billing_events (event_type, received_at, id) INCLUDE (stripe_invoice_id);
CREATE INDEX ix_billing_events_object_id ON billing_events ((raw_payload #>> '{data,object,id}'));
CREATE INDEX ix_billing_events_organization_id ON billing_events (organization_id, received_at, id);
CREATE INDEX ix_billing_events_payment_intent
    ON billing_events ((raw_payload #>> '{data,object,payment_intent}'))
    WHERE raw_payload #>> '{data,object,payment_intent}' IS NOT NULL;
CREATE INDEX ix_billing_events_processing_status ON billing_events (processing_status, received_at, id);
CREATE INDEX ix_billing_events_received_at ON billing_events (received_at, id);
CREATE INDEX ix_billing_events_source ON billing_events (source, received_at, id);
CREATE INDEX ix_billing_events_stripe_charge_id ON billing_events (stripe_charge_id);
CREATE INDEX ix_billing_events_stripe_customer_id ON billing_events (stripe_customer_id, received_at);
CREATE INDEX ix_billing_events_stripe_invoice_id ON billing_events (stripe_invoice_id, received_at);
CREATE INDEX ix_billing_events_stripe_refund_id ON billing_events (stripe_refund_id);
CREATE INDEX ix_billing_events_stripe_subscription_id
    ON billing_events (stripe_subscription_id, received_at);

CREATE TABLE grace_periods (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    invoice_id uuid,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL,
    status varchar(40) NOT NULL,
    is_set_by_hand boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_grace_periods PRIMARY KEY (id),
    CONSTRAINT ck_grace_periods_ends_after_start CHECK (ends_at > starts_at),
    CONSTRAINT uq_grace_periods_invoice_id UNIQUE (invoice_id),
    CONSTRAINT fk_grace_periods_invoice_id FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT fk_grace_periods_organization_id
        FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_grace_periods_status CHECK (status IN ('open', 'recovered', 'lapsed', 'closed'))
);
CREATE INDEX ix_grace_periods_ends_at ON grace_periods (ends_at, id);
CREATE INDEX ix_grace_periods_organization_id ON grace_periods (organization_id, starts_at);
CREATE INDEX ix_grace_periods_starts_at ON grace_periods (starts_at, id);
CREATE INDEX ix_grace_periods_status ON grace_periods (status, ends_at, id);
CREATE UNIQUE INDEX uq_grace_periods_one_open ON grace_periods (organization_id) WHERE status = 'open';
