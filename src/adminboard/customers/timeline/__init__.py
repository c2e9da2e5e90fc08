"""A customer's timeline: what happened to them and to their members, of every kind, in one stream, newest
first."""
