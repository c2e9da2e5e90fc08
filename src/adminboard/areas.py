"""The areas of the board, in the order in which one may build on another."""

from collections.abc import Sequence

from adminboard.credits.area import area as credits
from adminboard.users.area import area as users
from adminboard.web.area import Area

AREAS: Sequence[Area] = (users, credits)
