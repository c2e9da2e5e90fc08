"""Every model of the board, imported so that `Base.metadata` is whole.

Whoever opens a session imports this: a foreign key names its table by text, and SQLAlchemy must find it.
"""

from adminboard.agents import models as agents
from adminboard.appointments import models as appointments
from adminboard.auth import models as auth
from adminboard.billing import event_models as billing_events
from adminboard.billing import models as billing
from adminboard.businesses import models as businesses
from adminboard.calls import models as calls
from adminboard.core import audit_models as audit
from adminboard.core import models as core
from adminboard.credits import models as ledger
from adminboard.customers import models as customers
from adminboard.db.base import Base
from adminboard.entitlements import models as entitlements
from adminboard.figures import models as figures
from adminboard.notes import models as notes
from adminboard.promotions import models as promotions
from adminboard.reconciliation import models as reconciliation
from adminboard.users import models as users

__all__ = [
    "agents",
    "appointments",
    "audit",
    "auth",
    "billing",
    "billing_events",
    "businesses",
    "calls",
    "core",
    "customers",
    "entitlements",
    "figures",
    "ledger",
    "metadata",
    "notes",
    "promotions",
    "reconciliation",
    "users",
]

metadata = Base.metadata
"""All tables, of both schemas."""
