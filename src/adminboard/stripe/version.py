"""The version of Stripe's API that the board speaks, for those who must not load the SDK to know it."""

PINNED_VERSION = "2026-10-28.endive"
