"""Settings: the thresholds by which the board goes."""

from adminboard.configuration.actions import change_setting
from adminboard.configuration.web import pages
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, NavigationGroup, NavigationItem

area = Area(
    name="configuration",
    navigation=[
        NavigationItem(
            NavigationGroup.SETTINGS,
            "Thresholds",
            "/settings/thresholds",
            "adjustments",
            Permission.SETTINGS_WRITE,
            order=30,
        )
    ],
    actions=[change_setting],
    pages=pages,
)
