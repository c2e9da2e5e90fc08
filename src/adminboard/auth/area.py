"""Who may use the board: login, own account, the staff, API keys."""

from fastapi import APIRouter

from adminboard.auth import account_pages, login_pages
from adminboard.auth.actions import ACTIONS
from adminboard.auth.listing import admins, api_keys
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, NavigationGroup, NavigationItem

pages = APIRouter()
pages.routes.extend([*login_pages.pages.routes, *account_pages.pages.routes])

area = Area(
    name="auth",
    navigation=[
        NavigationItem(
            NavigationGroup.SETTINGS,
            "Admins",
            "/settings/admins",
            "user-shield",
            Permission.ADMINS_WRITE,
            order=10,
        ),
        NavigationItem(
            NavigationGroup.SETTINGS,
            "API keys",
            "/settings/api-keys",
            "key",
            Permission.API_KEYS_WRITE,
            order=20,
        ),
    ],
    listings=[admins, api_keys],
    actions=ACTIONS,
    pages=pages,
)
