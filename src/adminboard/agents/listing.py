"""The list of agents."""

from adminboard.agents.languages import describe_language
from adminboard.agents.models import AiAgent
from adminboard.agents.queries import agent_status, agents_with_business, get_agent_detail, lower_name
from adminboard.businesses.lookup import business_records
from adminboard.businesses.models import Business
from adminboard.core.listings import (
    Choice,
    Column,
    Contains,
    Detail,
    Flag,
    IdPrefix,
    Listing,
    Noun,
    Pick,
    Search,
    Sort,
    words_of,
)
from adminboard.core.listings.related_search import Related
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission

_business = Business.__table__.alias("searched_business")

agents = Listing(
    name="agents",
    title="Agents",
    noun=Noun("agent", "agents"),
    path="/agents",
    permission=Permission.CUSTOMERS_READ,
    select=agents_with_business(),
    key=AiAgent.id,
    columns=[
        Column("Name", AiAgent.name, sort=Sort(lower_name()), priority=1, width_px=140),
        Column(
            "Business",
            Business.name,
            link=lambda row: f"/businesses?selected={row.business_id}",
            width_px=180,
            priority=1,
        ),
        Column("Tone", AiAgent.tone, priority=3, width_px=116),
        Column("Voice", AiAgent.voice, priority=3, width_px=116),
        Column("Language", AiAgent.language, width_px=112),
        Column("Forwarding", AiAgent.forwarding_enabled, cell="boolean"),
        Column("Status", agent_status(), cell="badge", width_px=108, priority=1),
        Column(
            "Created",
            AiAgent.created_at,
            key="created_at",
            cell="datetime",
            sort=True,
            priority=3,
            width_px=96,
        ),
        Column(
            "Forwards to",
            AiAgent.forwarding_number,
            key="forwarding_number",
            cell="phone",
            mask=Mask.PHONE,
            shown=False,
        ),
    ],
    search=Search(
        sources=(
            Contains((AiAgent.name,)),
            IdPrefix(AiAgent.id),
        ),
        placeholder="Name, business or id",
        related=Related(
            AiAgent.business_id,
            _business.c.id,
            Search((Contains((_business.c.name,)),), "Name of the business"),
        ),
    ),
    filters=[
        Choice(
            "language", "Language", AiAgent.language, options=words_of(AiAgent.language, describe_language)
        ),
        Flag("active", "Status", AiAgent.is_active, yes_label="active", no_label="inactive"),
        Pick("business", "Business", AiAgent.business_id, records=business_records, settles="business"),
    ],
    sort="-created_at",
    extras={"business_id": AiAgent.business_id},
    detail=Detail(get_agent_detail, "agents/detail.html", title=lambda agent: agent.name),
    empty="Agents appear here as soon as a business sets one up in the product.",
)
