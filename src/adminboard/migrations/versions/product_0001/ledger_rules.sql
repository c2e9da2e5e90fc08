-- What was posted stays, for every role. ALWAYS: also for a role that replays a replication stream.
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$$;

CREATE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
ALTER TABLE credit_transactions ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_allocations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
ALTER TABLE credit_allocations ENABLE ALWAYS TRIGGER append_only;

-- Each entry continues the user's previous one. Checked once for all rows of a statement, so that a bulk
-- load pays for one join and not for millions of lookups.
CREATE FUNCTION check_credit_transactions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT added.user_id, added.sequence, added.amount, added.balance_after,
        previous.balance_after AS previous_balance
    INTO broken
    FROM added
    LEFT JOIN public.credit_transactions AS previous
        ON previous.user_id = added.user_id AND previous.sequence = added.sequence - 1
    WHERE added.balance_after <> coalesce(previous.balance_after, 0) + added.amount
        OR (added.sequence > 1 AND previous.id IS NULL)
        OR added.created_at < previous.created_at
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit transaction % of user % does not continue the one before: % % gives not %',
            broken.sequence, broken.user_id, broken.previous_balance, broken.amount, broken.balance_after
            USING ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'credit_transactions',
                CONSTRAINT = 'credit_transactions_continue';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER continue_ledger
    AFTER INSERT ON credit_transactions REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION check_credit_transactions();

-- At commit a balance is what its last transaction says. Deferred, because the two are written one after
-- the other.
CREATE FUNCTION check_credit_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    balance public.credit_balances;
    latest public.credit_transactions;
BEGIN
    SELECT * INTO balance FROM public.credit_balances WHERE user_id = NEW.user_id;
    SELECT * INTO latest FROM public.credit_transactions
        WHERE user_id = NEW.user_id ORDER BY sequence DESC LIMIT 1;
    IF balance.last_sequence IS DISTINCT FROM coalesce(latest.sequence, 0)
        OR balance.total IS DISTINCT FROM coalesce(latest.balance_after, 0)
    THEN
        RAISE EXCEPTION 'the credit balance of user % is % after %, its last transaction says % after %',
            NEW.user_id, balance.total, balance.last_sequence, latest.balance_after, latest.sequence
            USING ERRCODE = 'check_violation', SCHEMA = 'public', TABLE = 'credit_balances',
                CONSTRAINT = 'credit_balances_match';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER match_ledger
    AFTER INSERT OR UPDATE OF total, last_sequence ON credit_balances
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_credit_balance();

CREATE CONSTRAINT TRIGGER match_balance
    AFTER INSERT ON credit_transactions
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_credit_balance();
