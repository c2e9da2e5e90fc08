-- What was written stays, for every role. ALWAYS: also for a role that replays a replication stream.
CREATE FUNCTION board.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$$;

CREATE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON board.audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION board.refuse_audit_change();
ALTER TABLE board.audit_entries ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON board.audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION board.refuse_audit_change();
ALTER TABLE board.audit_checkpoints ENABLE ALWAYS TRIGGER append_only;

-- The hash before the first entry is 32 zero bytes.
INSERT INTO board.audit_head (singleton, position, hash) VALUES (true, 0, decode(repeat('00', 32), 'hex'));
