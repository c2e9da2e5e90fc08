CREATE TABLE board.idempotency_keys (
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status_code integer,
    response jsonb,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (scope, key),
    CONSTRAINT ck_idempotency_keys_fingerprint_length CHECK (octet_length(fingerprint) = 32)
);
CREATE INDEX ix_idempotency_keys_expires_at ON board.idempotency_keys (expires_at);

CREATE TABLE board.action_starts (
    id uuid NOT NULL,
    admin text NOT NULL,
    counter text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_action_starts PRIMARY KEY (id)
);
CREATE INDEX ix_action_starts_admin ON board.action_starts (admin, counter, at);

CREATE TABLE board.settings (
    key text NOT NULL,
    value jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT pk_settings PRIMARY KEY (key)
);

CREATE TABLE board.feature_flags (
    key text NOT NULL,
    enabled boolean NOT NULL,
    description text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT pk_feature_flags PRIMARY KEY (key)
);

CREATE TABLE board.saved_views (
    id uuid NOT NULL,
    admin_id uuid NOT NULL,
    page text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    position integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_saved_views PRIMARY KEY (id),
    CONSTRAINT uq_saved_views_admin_id_page_name UNIQUE (admin_id, page, name),
    CONSTRAINT fk_saved_views_admin_id FOREIGN KEY (admin_id) REFERENCES board.admins (id)
);

CREATE TABLE board.notes (
    id uuid NOT NULL,
    target_kind varchar(40) NOT NULL,
    target_id uuid NOT NULL,
    body text NOT NULL,
    author_id uuid,
    author_name text NOT NULL,
    edited_at timestamptz,
    edited_by text,
    removed_at timestamptz,
    revision integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_notes PRIMARY KEY (id),
    CONSTRAINT ck_notes_body_not_empty CHECK (btrim(body) <> ''),
    CONSTRAINT ck_notes_body_within_limit CHECK (char_length(body) <= 2000),
    CONSTRAINT ck_notes_revision_at_least_one CHECK (revision >= 1),
    CONSTRAINT fk_notes_author_id FOREIGN KEY (author_id) REFERENCES board.admins (id),
    CONSTRAINT ck_notes_target_kind CHECK (target_kind IN ('customer', 'call'))
);
CREATE INDEX ix_notes_target ON board.notes (target_kind, target_id, created_at, id);
CREATE INDEX ix_notes_created_at ON board.notes (created_at, id);

CREATE TABLE board.approvals (
    id uuid NOT NULL,
    action text NOT NULL,
    command jsonb NOT NULL,
    preview jsonb NOT NULL,
    facts jsonb NOT NULL,
    undoes uuid,
    fingerprint bytea NOT NULL,
    reason text,
    status varchar(40) NOT NULL,
    target_kind text NOT NULL,
    target_id text NOT NULL,
    target_label text NOT NULL,
    customer_id uuid,
    credits numeric(14, 2),
    amount_cents bigint,
    currency text,
    requested_by_kind text NOT NULL,
    requested_by_id uuid NOT NULL,
    requested_by_key_id uuid,
    requested_by_name text NOT NULL,
    ip_address inet,
    user_agent text,
    request_id text,
    request_entry_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_by_id uuid,
    decided_by_name text,
    decided_at timestamptz,
    decision_note text,
    outcome text,
    audit_entry_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_approvals PRIMARY KEY (id),
    CONSTRAINT ck_approvals_four_eyes CHECK (decided_by_id <> requested_by_id),
    CONSTRAINT ck_approvals_decision_has_a_decider
        CHECK (status NOT IN ('approved', 'rejected') OR num_nulls(decided_by_id, decided_at) = 0),
    CONSTRAINT fk_approvals_requested_by_id FOREIGN KEY (requested_by_id) REFERENCES board.admins (id),
    CONSTRAINT fk_approvals_decided_by_id FOREIGN KEY (decided_by_id) REFERENCES board.admins (id),
    CONSTRAINT ck_approvals_status
        CHECK (status IN ('waiting', 'approved', 'rejected', 'void', 'expired'))
);
CREATE INDEX ix_approvals_action ON board.approvals (action, created_at, id);
CREATE INDEX ix_approvals_created_at ON board.approvals (created_at, id);
CREATE INDEX ix_approvals_requested_by_id ON board.approvals (requested_by_id, created_at, id);
CREATE INDEX ix_approvals_status ON board.approvals (status, created_at, id);
CREATE INDEX ix_approvals_waiting ON board.approvals (expires_at, id) WHERE status = 'waiting';
CREATE INDEX ix_approvals_search
    ON board.approvals USING gin (target_label gin_trgm_ops, requested_by_name gin_trgm_ops);

CREATE TABLE board.operations (
    id uuid NOT NULL,
    kind text NOT NULL,
    idempotency_key text NOT NULL,
    parameters jsonb NOT NULL,
    status varchar(40) NOT NULL,
    target_kind text NOT NULL,
    target_id text NOT NULL,
    target_label text NOT NULL,
    customer_id uuid,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    attempts integer NOT NULL,
    claimed_at timestamptz,
    first_sent_at timestamptz,
    next_attempt_at timestamptz,
    finished_at timestamptz,
    external_id text,
    outcome jsonb,
    error text,
    audit_entry_id uuid,
    outcome_entry_id uuid,
    approval_id uuid,
    run_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_operations PRIMARY KEY (id),
    CONSTRAINT ck_operations_attempts_not_negative CHECK (attempts >= 0),
    CONSTRAINT ck_operations_ended_or_to_be_tried
        CHECK ((status IN ('done', 'refused')) = (finished_at IS NOT NULL)
            AND (finished_at IS NULL) = (next_attempt_at IS NOT NULL)),
    CONSTRAINT uq_operations_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT ck_operations_status
        CHECK (status IN ('pending', 'running', 'done', 'refused', 'unknown'))
);
CREATE INDEX ix_operations_audit_entry_id ON board.operations (audit_entry_id);
CREATE INDEX ix_operations_created_at ON board.operations (created_at, id);
CREATE INDEX ix_operations_customer_id ON board.operations (customer_id, created_at, id);
CREATE INDEX ix_operations_kind ON board.operations (kind, created_at, id);
CREATE INDEX ix_operations_status ON board.operations (status, created_at, id);
CREATE INDEX ix_operations_target ON board.operations (target_kind, target_id, created_at);
CREATE INDEX ix_operations_unfinished
    ON board.operations (next_attempt_at, id) WHERE status IN ('pending', 'running', 'unknown');

CREATE TABLE board.runs (
    id uuid NOT NULL,
    kind text NOT NULL,
    action text,
    title text NOT NULL,
    parameters jsonb NOT NULL,
    status varchar(40) NOT NULL,
    rows_total integer,
    rows_checked integer NOT NULL,
    rows_done integer NOT NULL,
    rows_failed integer NOT NULL,
    rows_skipped integer NOT NULL,
    failures integer NOT NULL,
    cursor jsonb,
    outcome jsonb,
    error text,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    ip_address inet,
    user_agent text,
    request_id text,
    approval_id uuid,
    undoes_id uuid,
    claimed_by uuid,
    claimed_until timestamptz,
    started_at timestamptz,
    advanced_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_runs PRIMARY KEY (id),
    CONSTRAINT fk_runs_undoes_id FOREIGN KEY (undoes_id) REFERENCES board.runs (id),
    CONSTRAINT ck_runs_status
        CHECK (status IN ('checking', 'draft', 'waiting', 'running', 'paused', 'finished', 'failed',
            'cancelled'))
);
CREATE INDEX ix_runs_created_at ON board.runs (created_at, id);
CREATE INDEX ix_runs_kind ON board.runs (kind, created_at, id);
CREATE INDEX ix_runs_undoes_id ON board.runs (undoes_id);
CREATE INDEX ix_runs_unfinished
    ON board.runs (advanced_at, id) WHERE status IN ('checking', 'waiting', 'running');

CREATE TABLE board.run_rows (
    run_id uuid NOT NULL,
    number integer NOT NULL,
    status varchar(40) NOT NULL,
    input jsonb NOT NULL,
    preview jsonb,
    result jsonb,
    error text,
    duplicate_of integer,
    audit_entry_id uuid,
    finished_at timestamptz,
    CONSTRAINT pk_run_rows PRIMARY KEY (run_id, number),
    CONSTRAINT fk_run_rows_run_id FOREIGN KEY (run_id) REFERENCES board.runs (id) ON DELETE CASCADE,
    CONSTRAINT ck_run_rows_status CHECK (status IN ('waiting', 'ready', 'refused', 'done', 'failed', 'skipped'))
);
CREATE INDEX ix_run_rows_status ON board.run_rows (run_id, status, number);

CREATE TABLE board.discrepancies (
    id uuid NOT NULL,
    run_id uuid NOT NULL,
    organization_id uuid,
    subscription_id uuid,
    stripe_customer_id text,
    stripe_subscription_id text,
    kind varchar(40) NOT NULL,
    local_value jsonb,
    stripe_value jsonb,
    status varchar(40) NOT NULL,
    checked_at timestamptz NOT NULL,
    settled_at timestamptz,
    settled_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_discrepancies PRIMARY KEY (id),
    CONSTRAINT fk_discrepancies_run_id FOREIGN KEY (run_id) REFERENCES board.runs (id),
    CONSTRAINT ck_discrepancies_kind
        CHECK (kind IN ('missing_here', 'missing_in_stripe', 'status', 'quantity', 'plan',
            'period', 'cancel_at_period_end', 'customer', 'several_live_subscriptions', 'unknown_price',
            'unknown_status', 'error')),
    CONSTRAINT ck_discrepancies_status CHECK (status IN ('open', 'fixed', 'gone'))
);
CREATE INDEX ix_discrepancies_checked_at ON board.discrepancies (checked_at, id);
CREATE INDEX ix_discrepancies_open ON board.discrepancies (kind, checked_at, id) WHERE status = 'open';
CREATE INDEX ix_discrepancies_organization_id ON board.discrepancies (organization_id, checked_at, id);
CREATE INDEX ix_discrepancies_run_id ON board.discrepancies (run_id, id);
CREATE INDEX ix_discrepancies_stripe_subscription_id
    ON board.discrepancies (stripe_subscription_id, checked_at, id);
CREATE UNIQUE INDEX uq_discrepancies_open
    ON board.discrepancies (coalesce(stripe_subscription_id, stripe_customer_id), kind)
    WHERE status = 'open';

CREATE TABLE board.listed_subscriptions (
    run_id uuid NOT NULL,
    stripe_subscription_id text NOT NULL,
    stripe_customer_id text NOT NULL,
    status text NOT NULL,
    stripe_price_id text,
    quantity integer,
    period_start timestamptz,
    period_end timestamptz,
    cancel_at_period_end boolean NOT NULL,
    asked_at timestamptz NOT NULL,
    state jsonb NOT NULL,
    CONSTRAINT pk_listed_subscriptions PRIMARY KEY (run_id, stripe_subscription_id),
    CONSTRAINT fk_listed_subscriptions_run_id FOREIGN KEY (run_id) REFERENCES board.runs (id)
);
