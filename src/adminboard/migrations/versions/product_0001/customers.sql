CREATE TABLE organizations (
    id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    status varchar(40) NOT NULL,
    suspended_at timestamptz,
    suspension_reason text,
    stripe_customer_id text,
    stripe_default_payment_method_id text,
    stripe_deleted_at timestamptz,
    stripe_state_at timestamptz,
    billing_email text,
    timezone text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_organizations PRIMARY KEY (id),
    CONSTRAINT ck_organizations_suspension_has_reason
        CHECK (status <> 'suspended' OR (suspended_at IS NOT NULL AND suspension_reason IS NOT NULL)),
    CONSTRAINT uq_organizations_slug UNIQUE (slug),
    CONSTRAINT uq_organizations_stripe_customer_id UNIQUE (stripe_customer_id),
    CONSTRAINT ck_organizations_status CHECK (status IN ('active', 'suspended'))
);
CREATE INDEX ix_organizations_created_at ON organizations (created_at, id);
CREATE INDEX ix_organizations_name ON organizations (lower(name), id);
CREATE INDEX ix_organizations_name_prefix ON organizations (lower(name) text_pattern_ops);
CREATE INDEX ix_organizations_search ON organizations USING gin (name gin_trgm_ops, slug gin_trgm_ops);
CREATE INDEX ix_organizations_slug_prefix ON organizations (lower(slug) text_pattern_ops);
CREATE INDEX ix_organizations_status ON organizations (status, created_at, id);

CREATE TABLE users (
    id uuid NOT NULL,
    email text NOT NULL,
    full_name text,
    google_id text,
    is_active boolean NOT NULL,
    is_superuser boolean NOT NULL,
    onboarding_status varchar(40) NOT NULL,
    last_login_at timestamptz,
    organization_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_google_id UNIQUE (google_id),
    CONSTRAINT fk_users_organization_id FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_users_onboarding_status
        CHECK (onboarding_status IN ('not_started', 'in_progress', 'completed'))
);
CREATE INDEX ix_users_created_at ON users (created_at, id);
CREATE INDEX ix_users_email ON users (lower(email), id);
CREATE INDEX ix_users_email_prefix ON users (lower(email) text_pattern_ops);
CREATE INDEX ix_users_full_name ON users (lower(full_name), id);
CREATE INDEX ix_users_full_name_prefix ON users (lower(full_name) text_pattern_ops);
CREATE INDEX ix_users_is_active ON users (is_active, id);
CREATE INDEX ix_users_is_active_created_at ON users (is_active, created_at, id);
CREATE INDEX ix_users_last_login_at ON users (last_login_at, id);
CREATE INDEX ix_users_organization_id ON users (organization_id, created_at, id);
CREATE INDEX ix_users_search ON users USING gin (email gin_trgm_ops, full_name gin_trgm_ops);
CREATE UNIQUE INDEX uq_users_email ON users (lower(email));

CREATE TABLE memberships (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role varchar(40) NOT NULL,
    status varchar(40) NOT NULL,
    last_activity_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_memberships PRIMARY KEY (id),
    CONSTRAINT uq_memberships_organization_id_user_id UNIQUE (organization_id, user_id),
    CONSTRAINT fk_memberships_organization_id
        FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_memberships_user_id FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT ck_memberships_role CHECK (role IN ('owner', 'admin', 'member')),
    CONSTRAINT ck_memberships_status CHECK (status IN ('active', 'invited', 'removed'))
);
CREATE INDEX ix_memberships_organization_id
    ON memberships (organization_id, last_activity_at, id) INCLUDE (status);
CREATE INDEX ix_memberships_last_activity_at ON memberships (last_activity_at, id);
CREATE INDEX ix_memberships_created_at ON memberships (created_at, id);
CREATE INDEX ix_memberships_user_id ON memberships (user_id);
