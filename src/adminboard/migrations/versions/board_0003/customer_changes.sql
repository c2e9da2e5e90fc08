CREATE INDEX ix_audit_entries_customer_changes
    ON board.audit_entries (customer_id, at, id)
    WHERE customer_id IS NOT NULL
        AND action NOT IN ('webhooks.apply', 'webhooks.explain', 'webhooks.fail', 'credits.deduct_usage',
            'credits.expire');
DROP INDEX board.ix_audit_entries_customer_at;
