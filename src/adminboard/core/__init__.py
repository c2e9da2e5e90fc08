"""The ideas the board is built on: work, audit, actions, listings. Nothing here knows of HTTP."""
