"""Telling staff and users of what happened."""

from adminboard.core.permissions import Permission
from adminboard.notifications.actions import change_notification, send_test_mail
from adminboard.notifications.delivery import chat, mail
from adminboard.notifications.web import pages
from adminboard.web.area import Area, NavigationGroup, NavigationItem

area = Area(
    name="notifications",
    navigation=[
        NavigationItem(
            NavigationGroup.SETTINGS,
            "Notifications",
            "/settings/notifications",
            "bell",
            Permission.SETTINGS_WRITE,
            order=40,
        )
    ],
    actions=[change_notification, send_test_mail],
    operations=[mail, chat],
    pages=pages,
)
