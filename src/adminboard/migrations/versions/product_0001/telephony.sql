CREATE TABLE businesses (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    name text NOT NULL,
    industry text,
    website text,
    address text,
    timezone text NOT NULL,
    primary_phone text,
    operating_hours jsonb NOT NULL,
    core_services jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_businesses PRIMARY KEY (id),
    CONSTRAINT fk_businesses_owner_id FOREIGN KEY (owner_id) REFERENCES users (id)
);
CREATE INDEX ix_businesses_created_at ON businesses (created_at, id);
CREATE INDEX ix_businesses_industry ON businesses (industry, created_at, id);
CREATE INDEX ix_businesses_name ON businesses (lower(name), id);
CREATE INDEX ix_businesses_name_prefix ON businesses (lower(name) text_pattern_ops);
CREATE INDEX ix_businesses_owner_id ON businesses (owner_id) INCLUDE (id);
CREATE INDEX ix_businesses_primary_phone ON businesses (primary_phone);
CREATE INDEX ix_businesses_search
    ON businesses USING gin (name gin_trgm_ops, primary_phone gin_trgm_ops);

CREATE TABLE ai_agents (
    id uuid NOT NULL,
    business_id uuid NOT NULL,
    name text NOT NULL,
    tone text,
    greeting_message text,
    voice text,
    language text NOT NULL,
    forwarding_enabled boolean NOT NULL,
    forwarding_number text,
    is_active boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_ai_agents PRIMARY KEY (id),
    CONSTRAINT fk_ai_agents_business_id FOREIGN KEY (business_id) REFERENCES businesses (id)
);
CREATE INDEX ix_ai_agents_business_id ON ai_agents (business_id);
CREATE INDEX ix_ai_agents_created_at ON ai_agents (created_at, id);
CREATE INDEX ix_ai_agents_is_active ON ai_agents (is_active, created_at, id);
CREATE INDEX ix_ai_agents_language ON ai_agents (language, created_at, id);
CREATE INDEX ix_ai_agents_name ON ai_agents (lower(name), id);
CREATE INDEX ix_ai_agents_name_prefix ON ai_agents (lower(name) text_pattern_ops);
CREATE INDEX ix_ai_agents_search ON ai_agents USING gin (name gin_trgm_ops);

CREATE TABLE call_logs (
    id uuid NOT NULL,
    business_id uuid NOT NULL,
    caller_phone text,
    caller_name text,
    receiving_phone text NOT NULL,
    started_at timestamptz NOT NULL,
    duration_seconds integer NOT NULL,
    status varchar(40) NOT NULL,
    ai_summary text,
    transcript text,
    recording_url text,
    notes text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_call_logs PRIMARY KEY (id),
    CONSTRAINT ck_call_logs_duration_not_negative CHECK (duration_seconds >= 0),
    CONSTRAINT fk_call_logs_business_id FOREIGN KEY (business_id) REFERENCES businesses (id),
    CONSTRAINT ck_call_logs_status
        CHECK (status IN ('answered_by_ai', 'forwarded', 'missed', 'voicemail', 'error'))
);
CREATE INDEX ix_call_logs_business_id ON call_logs (business_id, started_at, id);
CREATE INDEX ix_call_logs_caller_phone ON call_logs (caller_phone, started_at, id);
CREATE INDEX ix_call_logs_caller_phone_search ON call_logs USING gin (caller_phone gin_trgm_ops);
CREATE INDEX ix_call_logs_duration_seconds ON call_logs (duration_seconds, id);
CREATE INDEX ix_call_logs_started_at ON call_logs (started_at, id) INCLUDE (business_id);
CREATE INDEX ix_call_logs_status ON call_logs (status, started_at, id);
CREATE INDEX ix_call_logs_text
    ON call_logs USING gin (
        to_tsvector('english', coalesce(ai_summary, '') || ' ' || coalesce(transcript, ''))
    );
CREATE INDEX ix_call_logs_updated_at ON call_logs (updated_at);

CREATE TABLE appointment_end_users (
    id uuid NOT NULL,
    name text NOT NULL,
    email text,
    phone text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_appointment_end_users PRIMARY KEY (id)
);
CREATE INDEX ix_appointment_end_users_email_prefix
    ON appointment_end_users (lower(email) text_pattern_ops);
CREATE INDEX ix_appointment_end_users_name_prefix
    ON appointment_end_users (lower(name) text_pattern_ops);
CREATE INDEX ix_appointment_end_users_search
    ON appointment_end_users USING gin (name gin_trgm_ops, email gin_trgm_ops);

CREATE TABLE appointments (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    business_id uuid NOT NULL,
    end_user_id uuid NOT NULL,
    call_log_id uuid,
    title text NOT NULL,
    description text,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    timezone text NOT NULL,
    status varchar(40) NOT NULL,
    booking_source varchar(40) NOT NULL,
    nylas_event_id text,
    confirmation_sent_at timestamptz,
    reminder_sent_at timestamptz,
    cancelled_at timestamptz,
    cancellation_reason text,
    extra jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_appointments PRIMARY KEY (id),
    CONSTRAINT ck_appointments_ends_after_start CHECK (ends_at > starts_at),
    CONSTRAINT fk_appointments_user_id FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT fk_appointments_business_id FOREIGN KEY (business_id) REFERENCES businesses (id),
    CONSTRAINT fk_appointments_end_user_id
        FOREIGN KEY (end_user_id) REFERENCES appointment_end_users (id),
    CONSTRAINT fk_appointments_call_log_id FOREIGN KEY (call_log_id) REFERENCES call_logs (id),
    CONSTRAINT ck_appointments_status
        CHECK (status IN ('confirmed', 'cancelled', 'completed', 'no_show')),
    CONSTRAINT ck_appointments_booking_source CHECK (booking_source IN ('ai_call', 'manual'))
);
CREATE INDEX ix_appointments_booking_source ON appointments (booking_source, starts_at, id);
CREATE INDEX ix_appointments_business_id ON appointments (business_id, starts_at, id);
CREATE INDEX ix_appointments_call_log_id ON appointments (call_log_id);
CREATE INDEX ix_appointments_created_at ON appointments (created_at, id);
CREATE INDEX ix_appointments_end_user_id ON appointments (end_user_id, starts_at, id);
CREATE INDEX ix_appointments_search ON appointments USING gin (title gin_trgm_ops);
CREATE INDEX ix_appointments_starts_at
    ON appointments (starts_at, id) INCLUDE (status, booking_source);
CREATE INDEX ix_appointments_status ON appointments (status, starts_at, id);
CREATE INDEX ix_appointments_title_prefix ON appointments (lower(title) text_pattern_ops);
CREATE INDEX ix_appointments_user_id ON appointments (user_id, starts_at, id);
