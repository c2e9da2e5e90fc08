"""A PostgreSQL of our own, started when needed and stopped by the last process that uses it."""

from adminboard.db.embedded.cluster import APP_ROLE, OWNER_ROLE, SUPERUSER
from adminboard.db.embedded.errors import EmbeddedServerError
from adminboard.db.embedded.server import EmbeddedServer

__all__ = ["APP_ROLE", "OWNER_ROLE", "SUPERUSER", "EmbeddedServer", "EmbeddedServerError"]
