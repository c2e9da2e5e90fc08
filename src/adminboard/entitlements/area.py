"""Entitlements: who may use which feature and why, and the exceptions staff make."""

from adminboard.core.permissions import Permission
from adminboard.entitlements.actions import remove_override, set_override
from adminboard.entitlements.api import router
from adminboard.entitlements.expiry import remove_expired
from adminboard.entitlements.feature_search import feature_search
from adminboard.entitlements.listing import overrides
from adminboard.entitlements.override_entitlement import override_entitlement
from adminboard.entitlements.plan_override_actions import end_override, resume_override
from adminboard.entitlements.restoring import restore_override
from adminboard.entitlements.web import pages
from adminboard.entitlements.withdrawing import withdraw_entitlement
from adminboard.jobs import EVERY_HOUR, PeriodicJob
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem, SubjectPage

area = Area(
    name="entitlements",
    navigation=[
        NavigationItem(
            NavigationGroup.MONEY,
            "Entitlements",
            "/entitlements",
            "key",
            Permission.ENTITLEMENTS_READ,
            order=30,
        )
    ],
    listings=[overrides],
    actions=[
        set_override,
        remove_override,
        restore_override,
        override_entitlement,
        withdraw_entitlement,
        end_override,
        resume_override,
    ],
    pages=pages,
    api=router,
    search=[feature_search],
    subject_pages=[
        SubjectPage("Entitlements", "user", "/entitlements?user={}", "key", Permission.ENTITLEMENTS_READ)
    ],
    jobs=[PeriodicJob("expire_overrides", EVERY_HOUR, remove_expired)],
    help_pages=[
        HelpPage(
            "grant-a-feature",
            "Grant a feature for 30 days",
            ("/entitlements", "/actions/entitlements.set_override"),
        ),
    ],
)
