"""The rules of the ledger as SQL that finds what breaks them.

Each query gives user_id, transaction_id and finding. ``/* ONLY */`` marks where a condition on ``user_id``
goes, ``/* ONLY BY … */`` where one on a column that names a transaction.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """``rule`` is the sentence that holds when ``sql`` finds nothing."""

    rule: str
    sql: str

    @property
    def sql_of_user(self) -> str:
        """The same for the one user of the parameter ``user_id``."""
        sql = self.sql.replace("/* ONLY */", "AND user_id = :user_id")
        return re.sub(r"/\* ONLY BY (\w+) \*/", rf"AND \1 IN {_ENTRIES_OF_USER}", sql)


_ENTRIES_OF_USER = "(SELECT id FROM credit_transactions WHERE user_id = :user_id)"


_ENTRIES_CONTINUE = """
SELECT user_id, id AS transaction_id,
    format('entry %s: balance %s after %s of %s at %s; the one before is %s with balance %s at %s', sequence,
        balance_after, type, amount, created_at, last_sequence, last_balance, last_created_at) AS finding
FROM (
    SELECT user_id, id, sequence, type, amount, balance_after, created_at,
        lag(sequence, 1, 0) OVER entries AS last_sequence,
        lag(balance_after, 1, 0.00) OVER entries AS last_balance,
        lag(created_at) OVER entries AS last_created_at
    FROM credit_transactions WHERE true /* ONLY */
    WINDOW entries AS (PARTITION BY user_id ORDER BY sequence)
) AS entry
WHERE sequence <> last_sequence + 1 OR balance_after <> last_balance + amount OR created_at < last_created_at
"""

_BALANCES_MATCH = """
SELECT user_id, NULL::uuid AS transaction_id,
    format('balance %s (%s + %s + %s + %s) after %s entries; the entries sum to %s and are %s', total,
        trial, subscription, credit_pack, adjustment, last_sequence, amount_sum, entry_count) AS finding
FROM (SELECT * FROM credit_balances WHERE true /* ONLY */) AS balance
FULL JOIN (
    SELECT user_id, sum(amount) AS amount_sum, count(*) AS entry_count
    FROM credit_transactions WHERE true /* ONLY */ GROUP BY user_id
) AS entries USING (user_id)
WHERE total IS DISTINCT FROM coalesce(amount_sum, 0)
    OR last_sequence IS DISTINCT FROM coalesce(entry_count, 0)
    OR total IS DISTINCT FROM trial + subscription + credit_pack + adjustment
"""

_ALLOCATIONS_ADD_UP = """
SELECT user_id, id AS transaction_id,
    format('%s of %s: pays %s, is paid %s, so %s is open; recorded as open: %s',
        type, amount, used, paid, amount - used + paid, recorded) AS finding
FROM (
    SELECT entry.user_id, entry.id, type, entry.amount, reverses_id,
        coalesce(used, 0) AS used, coalesce(paid, 0) AS paid,
        coalesce(remaining, 0) - coalesce(uncovered, 0) AS recorded
    FROM (SELECT * FROM credit_transactions WHERE true /* ONLY */) AS entry
    LEFT JOIN (
        SELECT grant_transaction_id AS id, sum(amount) AS used
        FROM credit_allocations WHERE true /* ONLY BY grant_transaction_id */ GROUP BY 1
    ) AS uses USING (id)
    LEFT JOIN (
        SELECT transaction_id AS id, sum(amount) AS paid
        FROM credit_allocations WHERE true /* ONLY BY transaction_id */ GROUP BY 1
    ) AS payments USING (id)
    LEFT JOIN board.open_grants AS open_grant ON open_grant.grant_transaction_id = entry.id
    LEFT JOIN board.open_debts AS open_debt ON open_debt.transaction_id = entry.id
) AS entry
WHERE amount - used + paid <> recorded
    OR (amount > 0 AND recorded < 0)
    OR (amount < 0 AND recorded > 0)
    OR (amount < 0 AND used <> 0)
    OR (amount > 0 AND reverses_id IS NULL AND (paid <> 0 OR used < 0))
    OR (reverses_id IS NOT NULL AND amount > 0 AND paid > 0)
"""

_BUCKETS_MATCH = """
SELECT user_id, NULL::uuid AS transaction_id,
    format('buckets %s, %s, %s, %s; open grants hold %s, %s, %s, %s and %s is owed',
        trial, subscription, credit_pack, adjustment,
        coalesce(open_trial, 0), coalesce(open_subscription, 0), coalesce(open_credit_pack, 0),
        coalesce(open_adjustment, 0), coalesce(owed, 0)) AS finding
FROM (SELECT * FROM credit_balances WHERE true /* ONLY */) AS balance
FULL JOIN (
    SELECT user_id,
        sum(remaining) FILTER (WHERE bucket = 'trial') AS open_trial,
        sum(remaining) FILTER (WHERE bucket = 'subscription') AS open_subscription,
        sum(remaining) FILTER (WHERE bucket = 'credit_pack') AS open_credit_pack,
        sum(remaining) FILTER (WHERE bucket = 'adjustment') AS open_adjustment
    FROM board.open_grants WHERE true /* ONLY */ GROUP BY user_id
) AS grants USING (user_id)
FULL JOIN (
    SELECT user_id, sum(uncovered) AS owed FROM board.open_debts WHERE true /* ONLY */ GROUP BY user_id
) AS debts USING (user_id)
WHERE trial IS DISTINCT FROM coalesce(open_trial, 0)
    OR subscription IS DISTINCT FROM coalesce(open_subscription, 0)
    OR credit_pack IS DISTINCT FROM coalesce(open_credit_pack, 0)
    OR adjustment IS DISTINCT FROM coalesce(open_adjustment, 0) - coalesce(owed, 0)
"""

_DEBT_HAS_NO_GRANTS = """
SELECT user_id, min(grant_transaction_id::text)::uuid AS transaction_id,
    format('%s grants are open while something is owed', count(*)) AS finding
FROM (SELECT * FROM board.open_grants WHERE true /* ONLY */) AS open_grant
WHERE EXISTS (SELECT FROM board.open_debts WHERE open_debts.user_id = open_grant.user_id)
GROUP BY user_id
"""

_OPEN_GRANTS_MATCH = """
SELECT open_grant.user_id, open_grant.grant_transaction_id AS transaction_id,
    format('kept as %s of %s from %s until %s; posted as %s from %s until %s',
        open_grant.bucket, open_grant.sequence, open_grant.granted_at, open_grant.expires_at,
        entry.type, entry.created_at, entry.expires_at) AS finding
FROM (SELECT * FROM board.open_grants WHERE true /* ONLY */) AS open_grant
LEFT JOIN credit_transactions AS entry ON entry.id = open_grant.grant_transaction_id
WHERE entry.id IS NULL
    OR entry.user_id <> open_grant.user_id
    OR entry.sequence <> open_grant.sequence
    OR entry.created_at <> open_grant.granted_at
    OR entry.expires_at IS DISTINCT FROM open_grant.expires_at
    OR open_grant.bucket <> CASE entry.type
        WHEN 'grant_trial' THEN 'trial' WHEN 'grant_subscription' THEN 'subscription'
        WHEN 'grant_credit_pack' THEN 'credit_pack' ELSE 'adjustment' END
"""

_REVERSALS_ARE_OPPOSITE = """
SELECT reversal.user_id, reversal.id AS transaction_id,
    format('%s of %s reverses %s of %s', reversal.type, reversal.amount, entry.type, entry.amount) AS finding
FROM (SELECT * FROM credit_transactions WHERE reverses_id IS NOT NULL /* ONLY */) AS reversal
JOIN credit_transactions AS entry ON entry.id = reversal.reverses_id
WHERE reversal.amount <> -entry.amount
    OR reversal.user_id <> entry.user_id
    OR reversal.type <> entry.type
    OR entry.reverses_id IS NOT NULL
    OR entry.type = 'expiry'
"""

_ALLOCATIONS_STAY_IN_THE_FAMILY = """
SELECT entry.user_id, entry.id AS transaction_id,
    format('%s of %s from %s of user %s until %s, on %s', entry.type, allocation.amount, payer.type,
        payer.user_id, payer.expires_at, allocation.created_at) AS finding
FROM (SELECT * FROM credit_transactions WHERE true /* ONLY */) AS entry
JOIN credit_allocations AS allocation ON allocation.transaction_id = entry.id
JOIN credit_transactions AS payer ON payer.id = allocation.grant_transaction_id
WHERE payer.user_id <> entry.user_id
    OR payer.amount < 0
    OR coalesce(payer.expires_at <= allocation.created_at AND allocation.amount > 0, false)
        <> (entry.type = 'expiry')
    OR (allocation.amount < 0 AND (entry.reverses_id IS NULL OR entry.amount < 0))
"""

CHECKS = (
    Check("Each entry continues the one before", _ENTRIES_CONTINUE),
    Check("A balance is the sum of its entries and of its buckets", _BALANCES_MATCH),
    Check("Each grant and each debit is accounted for by its allocations", _ALLOCATIONS_ADD_UP),
    Check("Buckets are what is left of their grants, less what is owed", _BUCKETS_MATCH),
    Check("Nobody owes while holding credits", _DEBT_HAS_NO_GRANTS),
    Check("Open grants are kept as they were posted", _OPEN_GRANTS_MATCH),
    Check("A reversal is the opposite of one entry", _REVERSALS_ARE_OPPOSITE),
    Check("Grants pay only their own user, and only before they expire", _ALLOCATIONS_STAY_IN_THE_FAMILY),
)
