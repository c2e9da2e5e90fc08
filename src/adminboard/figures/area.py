"""Figures that are too slow to count while someone waits: kept up to date, checked, made anew."""

from adminboard.figures.actions import rebuild, rebuild_job
from adminboard.figures.promotion_uses import refresh_promotion_uses
from adminboard.figures.rebuild import check_figures
from adminboard.figures.refresh import refresh_figures
from adminboard.jobs import EVERY_MINUTE, EVERY_NIGHT, PeriodicJob
from adminboard.web.area import Area

area = Area(
    name="figures",
    actions=[rebuild],
    jobs=[
        PeriodicJob("refresh_figures", EVERY_MINUTE, refresh_figures),
        PeriodicJob("refresh_promotion_uses", EVERY_MINUTE, refresh_promotion_uses),
        PeriodicJob("check_figures", EVERY_NIGHT, check_figures),
    ],
    deferred=[rebuild_job],
)
