"""Entries of the ledger in the global search, by their id."""

from adminboard.credits.listing import transactions
from adminboard.web.listing_search import search_listing

transactions_search = search_listing(
    transactions,
    icon="coins",
    headline=("amount",),
    details=("email", "description"),
    needs=("user_id",),
    url=lambda row: f"/credits?user={row.user_id}&selected={row.key}",
)
