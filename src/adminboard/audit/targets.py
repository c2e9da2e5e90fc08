"""Where the record that an audit entry speaks of is found on the board."""

from urllib.parse import quote

_PAGES = {
    "user": "/users?selected={}",
    "customer": "/customers/{}",
    "admin": "/settings/admins?selected={}",
    "api_key": "/settings/api-keys?selected={}",
    "run": "/bulk/{}",
}


def find_target_page(kind: str, target_id: str) -> str | None:
    """The address of the record's page; None for kinds that have none."""
    page = _PAGES.get(kind)
    return page.format(quote(target_id, safe="")) if page else None
