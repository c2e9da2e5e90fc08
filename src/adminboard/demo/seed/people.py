"""Organizations, the people in them, and who belongs where."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from adminboard.customers.models import MembershipRole, MembershipStatus, OrganizationStatus
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted
from adminboard.demo.seed.places import CITIES, City
from adminboard.demo.seed.plan import LARGEST_ORGANIZATION, Chunk, SeedPlan
from adminboard.demo.seed.pools import PersonName, draw_name
from adminboard.users.models import OnboardingStatus

HISTORY_DAYS = 1_100
"""How old the oldest accounts are."""
MAILBOXES = ("example.com", "mail.example.com", "example.net", "post.example.org", "inbox.example.net")
COMPANY_ENDINGS = ("Group", "Partners", "Holdings", "& Co.", "Collective", "Services", "Franchise", "Network")
SUSPENSIONS = (
    "Chargebacks on three invoices in a row",
    "Suspected fraud: stolen cards, reported by the bank",
    "Terms of service: robocalls through the forwarding number",
    "Asked for by the customer during a change of ownership",
)
STATES = Weighted(
    {OnboardingStatus.COMPLETED: 80, OnboardingStatus.IN_PROGRESS: 12, OnboardingStatus.NOT_STARTED: 8}
)


@dataclass(slots=True)
class SeedUser:
    id: UUID
    name: PersonName
    email: str
    created_at: datetime
    is_active: bool
    onboarding: OnboardingStatus
    organization: "SeedOrganization"
    calls: list[tuple[datetime, int]] = field(default_factory=list)
    """When calls of this user's businesses ended, and how many minutes are charged."""

    @property
    def display_name(self) -> str:
        return self.name.full


@dataclass(slots=True)
class SeedOrganization:
    id: UUID
    name: str
    slug: str
    city: City
    created_at: datetime
    stripe_customer_id: str | None
    suspended_at: datetime | None = None
    suspension_reason: str | None = None
    members: list[SeedUser] = field(default_factory=list)
    """The users it pays for; the first is the owner."""

    @property
    def owner(self) -> SeedUser:
        return self.members[0]


def make_people(draw: Draw, plan: SeedPlan, chunk: Chunk) -> list[SeedOrganization]:
    """All users of a chunk in their organizations; mostly of one person each."""
    organizations: list[SeedOrganization] = []
    left = chunk.counts.users
    sizes = iter(chunk.large_organizations)
    while left:
        size = min(next(sizes, 0) or _draw_size(draw), left)
        number = chunk.number * LARGEST_ORGANIZATION + len(organizations)
        organizations.append(_make_organization(draw, plan, number, size))
        left -= size
    return organizations


def _draw_size(draw: Draw) -> int:
    return 1 if draw.happens(0.9) else min(2 + int(draw.expovariate(0.35)), 40)


def _make_organization(draw: Draw, plan: SeedPlan, number: int, size: int) -> SeedOrganization:
    founder = draw_name(draw)
    age = HISTORY_DAYS * draw.random() ** 1.7
    if size > 100:
        age = max(age, 400.0)
    created_at = plan.as_of - timedelta(days=age)
    name = founder.full if size == 1 else f"{founder.last} {draw.one_of(COMPANY_ENDINGS)}"
    slug_words = founder.ascii.replace(".", "-") if size == 1 else founder.ascii.split(".")[-1]
    organization = SeedOrganization(
        id=draw.new_id(),
        name=name,
        slug=f"{slug_words}-{number}",
        city=CITIES.pick(draw),
        created_at=created_at,
        stripe_customer_id=f"cus_{draw.token(14)}" if draw.happens(0.93) else None,
    )
    if draw.happens(0.012) and age > 30:
        organization.suspended_at = draw.between(created_at + timedelta(days=20), plan.as_of)
        organization.suspension_reason = draw.one_of(SUSPENSIONS)
    taken: set[str] = set()
    for index in range(size):
        person = founder if index == 0 else draw_name(draw)
        joined = created_at if index == 0 else draw.between(created_at, plan.as_of)
        email = _make_email(draw, person, organization, number, taken)
        organization.members.append(_make_user(draw, person, email, joined, organization))
    return organization


def _make_user(
    draw: Draw, name: PersonName, email: str, joined: datetime, organization: SeedOrganization
) -> SeedUser:
    return SeedUser(
        id=draw.new_id(),
        name=name,
        email=email,
        created_at=joined,
        is_active=not draw.happens(0.04),
        onboarding=STATES.pick(draw),
        organization=organization,
    )


def _make_email(
    draw: Draw, name: PersonName, organization: SeedOrganization, number: int, taken: set[str]
) -> str:
    """Unique: by ``taken`` within a company's own domain, by the number in shared mailboxes."""
    local = name.ascii.title() if draw.happens(0.02) else name.ascii
    if organization.members or draw.happens(0.25):
        domain = f"{organization.slug}.example.com"
        while f"{local}@{domain}".lower() in taken:
            local = f"{local}{draw.randrange(2, 100)}"
    else:
        local = f"{local}{'+aicallgo' if draw.happens(0.03) else ''}.{number}"
        domain = draw.one_of(MAILBOXES)
    email = f"{local}@{domain}"
    taken.add(email.lower())
    return email


def add_people(rows: RowBuffer, draw: Draw, plan: SeedPlan, organizations: list[SeedOrganization]) -> None:
    """Organizations, users and memberships, with guests and people who left."""
    for organization in organizations:
        _add_organization(rows, organization)
        for index, user in enumerate(organization.members):
            last_login_at = _add_user(rows, draw, plan, user)
            role = _role(draw, index)
            _add_membership(rows, draw, user, organization, role, MembershipStatus.ACTIVE, last_login_at)
    _add_guests(rows, draw, plan, organizations)


def _role(draw: Draw, index: int) -> MembershipRole:
    if index == 0:
        return MembershipRole.OWNER
    return MembershipRole.ADMIN if draw.happens(0.12) else MembershipRole.MEMBER


def _add_organization(rows: RowBuffer, organization: SeedOrganization) -> None:
    is_suspended = organization.suspended_at is not None
    rows.add(
        "organizations",
        id=organization.id,
        name=organization.name,
        slug=organization.slug,
        status=OrganizationStatus.SUSPENDED if is_suspended else OrganizationStatus.ACTIVE,
        suspended_at=organization.suspended_at,
        suspension_reason=organization.suspension_reason,
        stripe_customer_id=organization.stripe_customer_id,
        billing_email=organization.owner.email if organization.stripe_customer_id else None,
        timezone=organization.city.time_zone,
        created_at=organization.created_at,
        updated_at=organization.suspended_at or organization.created_at,
    )


def _add_user(rows: RowBuffer, draw: Draw, plan: SeedPlan, user: SeedUser) -> datetime | None:
    recent = plan.as_of - (plan.as_of - user.created_at) * draw.random() ** 4
    last_login_at = None if draw.happens(0.06) else recent
    rows.add(
        "users",
        id=user.id,
        email=user.email,
        full_name=None if draw.happens(0.01) else user.display_name,
        google_id=str(10**20 + draw.randrange(10**20)) if draw.happens(0.35) else None,
        is_active=user.is_active,
        is_superuser=draw.happens(0.001),
        onboarding_status=user.onboarding,
        last_login_at=last_login_at,
        organization_id=user.organization.id,
        created_at=user.created_at,
        updated_at=last_login_at or user.created_at,
    )
    return last_login_at


def _add_guests(rows: RowBuffer, draw: Draw, plan: SeedPlan, organizations: list[SeedOrganization]) -> None:
    """People whose own organization pays for them, invited to a team or removed from one."""
    teams = [organization for organization in organizations if len(organization.members) > 1]
    loners = [organization.owner for organization in organizations if len(organization.members) == 1]
    if not teams:
        return
    for user in loners:
        if not draw.happens(0.05):
            continue
        team = draw.one_of(teams)
        status = Weighted(
            {MembershipStatus.INVITED: 5, MembershipStatus.REMOVED: 3, MembershipStatus.ACTIVE: 2}
        ).pick(draw)
        joined = draw.between(max(user.created_at, team.created_at), plan.as_of)
        seen = None if status is MembershipStatus.INVITED else draw.between(joined, plan.as_of)
        _add_membership(rows, draw, user, team, MembershipRole.MEMBER, status, seen, joined)


def _add_membership(
    rows: RowBuffer,
    draw: Draw,
    user: SeedUser,
    organization: SeedOrganization,
    role: MembershipRole,
    status: MembershipStatus,
    last_activity_at: datetime | None,
    joined: datetime | None = None,
) -> None:
    created_at = joined or user.created_at
    rows.add(
        "memberships",
        id=draw.new_id(),
        organization_id=organization.id,
        user_id=user.id,
        role=role,
        status=status,
        last_activity_at=last_activity_at,
        created_at=created_at,
        updated_at=last_activity_at or created_at,
    )
