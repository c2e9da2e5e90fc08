"""An example of every action, by its name: what the guarantees try them all with."""

from tests.guarantees.examples import (
    bulk,
    deciding,
    entitlements,
    grace,
    money,
    outside,
    reconciling,
    replaying,
    staff,
    stripe,
    suspending,
    writing,
)
from tests.guarantees.examples.scene import MakeExample

_MODULES = (
    bulk,
    deciding,
    entitlements,
    grace,
    money,
    outside,
    reconciling,
    replaying,
    staff,
    stripe,
    suspending,
    writing,
)
EXAMPLES: dict[str, MakeExample] = {
    name: make for module in _MODULES for name, make in module.EXAMPLES.items()
}
