CREATE TABLE board.admins (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role varchar(40) NOT NULL,
    password_hash text,
    password_changed_at timestamptz,
    time_zone text,
    theme varchar(40) NOT NULL,
    totp_secret_encrypted bytea,
    totp_confirmed_at timestamptz,
    totp_last_step bigint,
    invitation_hash bytea,
    invited_at timestamptz,
    invitation_expires_at timestamptz,
    invited_by_id uuid,
    last_login_at timestamptz,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_admins PRIMARY KEY (id),
    CONSTRAINT ck_admins_totp_has_secret
        CHECK (totp_confirmed_at IS NULL OR totp_secret_encrypted IS NOT NULL),
    CONSTRAINT uq_admins_invitation_hash UNIQUE (invitation_hash),
    CONSTRAINT fk_admins_invited_by_id FOREIGN KEY (invited_by_id) REFERENCES board.admins (id),
    CONSTRAINT ck_admins_role CHECK (role IN ('viewer', 'support', 'billing', 'admin')),
    CONSTRAINT ck_admins_theme CHECK (theme IN ('system', 'light', 'dark'))
);
CREATE UNIQUE INDEX uq_admins_email ON board.admins (lower(email));

CREATE TABLE board.sessions (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    admin_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    stepped_up_at timestamptz NOT NULL,
    ended_at timestamptz,
    ip_address inet,
    user_agent text,
    device_hash bytea,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT ck_sessions_token_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_sessions_admin_id FOREIGN KEY (admin_id) REFERENCES board.admins (id)
);
CREATE INDEX ix_sessions_admin_id ON board.sessions (admin_id, created_at);
CREATE INDEX ix_sessions_expires_at ON board.sessions (expires_at);

CREATE TABLE board.api_keys (
    id uuid NOT NULL,
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    name text NOT NULL,
    owner_admin_id uuid NOT NULL,
    scopes text[] NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT ck_api_keys_secret_hash_length CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT uq_api_keys_prefix UNIQUE (prefix),
    CONSTRAINT fk_api_keys_owner_admin_id FOREIGN KEY (owner_admin_id) REFERENCES board.admins (id)
);
CREATE INDEX ix_api_keys_created_at ON board.api_keys (created_at, id);
CREATE INDEX ix_api_keys_owner_admin_id ON board.api_keys (owner_admin_id);

CREATE TABLE board.login_attempts (
    id uuid NOT NULL,
    account text NOT NULL,
    ip_address inet,
    device_hash bytea,
    at timestamptz NOT NULL,
    outcome varchar(40) NOT NULL,
    CONSTRAINT pk_login_attempts PRIMARY KEY (id),
    CONSTRAINT ck_login_attempts_outcome CHECK (outcome IN ('pending', 'failed', 'succeeded'))
);
CREATE INDEX ix_login_attempts_account ON board.login_attempts (account, at);
CREATE INDEX ix_login_attempts_at ON board.login_attempts (at);
CREATE INDEX ix_login_attempts_device_hash ON board.login_attempts (device_hash, at);
CREATE INDEX ix_login_attempts_ip_address ON board.login_attempts (ip_address, at);

CREATE TABLE board.recovery_codes (
    id uuid NOT NULL,
    admin_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_recovery_codes PRIMARY KEY (id),
    CONSTRAINT fk_recovery_codes_admin_id FOREIGN KEY (admin_id) REFERENCES board.admins (id)
);
CREATE INDEX ix_recovery_codes_admin_id ON board.recovery_codes (admin_id);
