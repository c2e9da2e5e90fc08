CREATE TABLE features (
    id uuid NOT NULL,
    feature_key text NOT NULL,
    name text NOT NULL,
    description text,
    category text,
    is_critical boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_features PRIMARY KEY (id),
    CONSTRAINT uq_features_feature_key UNIQUE (feature_key)
);

CREATE TABLE plan_features (
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    feature_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_plan_features PRIMARY KEY (id),
    CONSTRAINT uq_plan_features_plan_id_feature_id UNIQUE (plan_id, feature_id),
    CONSTRAINT fk_plan_features_plan_id FOREIGN KEY (plan_id) REFERENCES plans (id),
    CONSTRAINT fk_plan_features_feature_id FOREIGN KEY (feature_id) REFERENCES features (id)
);
CREATE INDEX ix_plan_features_feature_id ON plan_features (feature_id);

CREATE TABLE user_feature_overrides (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    feature_id uuid NOT NULL,
    has_access boolean NOT NULL,
    expires_at timestamptz,
    notes text NOT NULL,
    created_by text NOT NULL,
    updated_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_user_feature_overrides PRIMARY KEY (id),
    CONSTRAINT uq_user_feature_overrides_user_id_feature_id UNIQUE (user_id, feature_id),
    CONSTRAINT fk_user_feature_overrides_user_id FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT fk_user_feature_overrides_feature_id FOREIGN KEY (feature_id) REFERENCES features (id)
);
CREATE INDEX ix_user_feature_overrides_created_at ON user_feature_overrides (created_at, id);
CREATE INDEX ix_user_feature_overrides_expires_at ON user_feature_overrides (expires_at, id);
CREATE INDEX ix_user_feature_overrides_feature_id ON user_feature_overrides (feature_id);

CREATE TABLE plan_overrides (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    valid_until timestamptz,
    reason text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_plan_overrides PRIMARY KEY (id),
    CONSTRAINT ck_plan_overrides_ends_after_start CHECK (valid_until >= created_at),
    CONSTRAINT ex_plan_overrides_one_at_a_time
        EXCLUDE USING gist (organization_id WITH =, tstzrange(created_at, valid_until) WITH &&),
    CONSTRAINT fk_plan_overrides_organization_id
        FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_plan_overrides_plan_id FOREIGN KEY (plan_id) REFERENCES plans (id)
);
CREATE INDEX ix_plan_overrides_organization_id ON plan_overrides (organization_id, created_at);
CREATE INDEX ix_plan_overrides_plan_id ON plan_overrides (plan_id);
CREATE INDEX ix_plan_overrides_valid_until ON plan_overrides (valid_until, id);
