"""Telling staff and users of what happened."""

from adminboard.core.permissions import Permission
from adminboard.jobs import EVERY_MINUTE, PeriodicJob
from adminboard.notifications.actions import change_notification, send_test_mail
from adminboard.notifications.announcing import tell_of_the_rest
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
    jobs=[PeriodicJob("tell_of_the_rest", EVERY_MINUTE, tell_of_the_rest)],
    pages=pages,
)
