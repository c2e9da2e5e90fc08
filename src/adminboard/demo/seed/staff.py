"""The staff whose past changes the audit log holds.

The first four are the accounts of the demonstration, which takes their ids from here, so that what they did
in the past is found under their names. The others have left.
"""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from adminboard.core.permissions import Role


@dataclass(frozen=True, slots=True)
class StaffMember:
    email: str
    name: str
    role: Role

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"mailto:{self.email}")


DEMO_STAFF = (
    StaffMember("viewer@aicallgo.test", "Vera Viewer", Role.VIEWER),
    StaffMember("support@aicallgo.test", "Sam Support", Role.SUPPORT),
    StaffMember("billing@aicallgo.test", "Bea Billing", Role.BILLING),
    StaffMember("admin@aicallgo.test", "Ada Admin", Role.ADMIN),
)
FORMER_STAFF = (
    StaffMember("priya.raman@aicallgo.test", "Priya Raman", Role.SUPPORT),
    StaffMember("tom.becker@aicallgo.test", "Tom Becker", Role.BILLING),
)

SUPPORT = (DEMO_STAFF[1], FORMER_STAFF[0], DEMO_STAFF[3])
"""Those who change credits and entitlements."""
BILLING = (DEMO_STAFF[2], FORMER_STAFF[1], DEMO_STAFF[3])
"""Those who change what is billed."""
