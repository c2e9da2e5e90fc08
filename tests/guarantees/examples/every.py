"""An example of every action, by its name: what the guarantees try them all with."""

from tests.guarantees.examples import (
    bulk,
    deciding,
    entitlements,
    grace,
    money,
    outside,
    staff,
    stripe,
    writing,
)
from tests.guarantees.examples.scene import MakeExample

EXAMPLES: dict[str, MakeExample] = {
    name: make
    for module in (bulk, deciding, entitlements, grace, money, outside, staff, stripe, writing)
    for name, make in module.EXAMPLES.items()
}
