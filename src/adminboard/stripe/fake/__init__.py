"""The stand-in: an ASGI application that answers as Stripe does, in the shapes of one pinned version.

It keeps everything in memory, is loaded from rows in bulk, and does on demand what Stripe does on bad days.
What it takes and gives is read from or compared with the installed SDK's own types, so it cannot drift from
them. For the demonstration and the tests only; nothing in production imports it.
"""

API_VERSION = "2026-10-28.endive"
