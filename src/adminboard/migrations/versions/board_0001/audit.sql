CREATE TABLE board.audit_entries (
    position bigint NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    action text NOT NULL,
    target_kind text NOT NULL,
    target_id text NOT NULL,
    target_label text NOT NULL,
    customer_id uuid,
    before jsonb,
    after jsonb,
    reason text,
    summary text NOT NULL,
    ip_address inet,
    user_agent text,
    request_id text,
    approval_id uuid,
    run_id uuid,
    undo jsonb,
    undoes uuid,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_audit_entries PRIMARY KEY (position),
    CONSTRAINT ck_audit_entries_actor_kind
        CHECK (actor_kind IN ('admin', 'api_key', 'environment_key', 'command_line', 'system')),
    CONSTRAINT ck_audit_entries_position_from_one CHECK (position >= 1),
    CONSTRAINT ck_audit_entries_previous_hash_length CHECK (octet_length(previous_hash) = 32),
    CONSTRAINT ck_audit_entries_hash_length CHECK (octet_length(hash) = 32),
    CONSTRAINT uq_audit_entries_id UNIQUE (id),
    CONSTRAINT uq_audit_entries_undoes UNIQUE (undoes)
);
CREATE INDEX ix_audit_entries_action ON board.audit_entries (action, position);
CREATE INDEX ix_audit_entries_actor_id ON board.audit_entries (actor_id, position);
CREATE INDEX ix_audit_entries_actor_name ON board.audit_entries (actor_name, position);
CREATE INDEX ix_audit_entries_at ON board.audit_entries (at, position);
CREATE INDEX ix_audit_entries_customer_at
    ON board.audit_entries (customer_id, at, id) WHERE customer_id IS NOT NULL;
CREATE INDEX ix_audit_entries_customer_id ON board.audit_entries (customer_id, position);
CREATE INDEX ix_audit_entries_request_id ON board.audit_entries (request_id);
CREATE INDEX ix_audit_entries_run_id ON board.audit_entries (run_id, position) WHERE run_id IS NOT NULL;
CREATE INDEX ix_audit_entries_search
    ON board.audit_entries USING gin (summary gin_trgm_ops, target_label gin_trgm_ops, reason gin_trgm_ops);
CREATE INDEX ix_audit_entries_target ON board.audit_entries (target_kind, target_id, position);

CREATE TABLE board.audit_head (
    singleton boolean NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT pk_audit_head PRIMARY KEY (singleton),
    CONSTRAINT ck_audit_head_one_row CHECK (singleton),
    CONSTRAINT ck_audit_head_position_not_negative CHECK (position >= 0),
    CONSTRAINT ck_audit_head_hash_length CHECK (octet_length(hash) = 32)
);

CREATE TABLE board.audit_checkpoints (
    id uuid NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL,
    at timestamptz NOT NULL,
    signature bytea NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT pk_audit_checkpoints PRIMARY KEY (id),
    CONSTRAINT ck_audit_checkpoints_hash_length CHECK (octet_length(hash) = 32)
);
CREATE INDEX ix_audit_checkpoints_position ON board.audit_checkpoints (position);
