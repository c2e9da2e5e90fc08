"""The board's own upkeep."""

from adminboard.system.housekeeping import forget_keys_nightly
from adminboard.web.area import Area

area = Area(name="system", jobs=[forget_keys_nightly])
