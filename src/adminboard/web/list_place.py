"""Where a list stands: at its own address, or within the page of the one record its rows belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adminboard.core.listings import Listing
from adminboard.web.addresses import Parameters, address, without


@dataclass(frozen=True, slots=True)
class ListPlace:
    """The address of a list as it is shown, and what the browser's tab calls it.

    ``fixed`` are the parameters that the path itself stands for: they are asked, but neither read from the
    address nor written into one.
    """

    path: str
    title: str
    fixed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def asked(self, parameters: Parameters) -> Parameters:
        """What is asked of the list by these parameters of an address."""
        return {**parameters, **self.fixed} if self.fixed else parameters

    def shown(self, parameters: Parameters) -> Parameters:
        """Those of the parameters that belong into an address."""
        return without(parameters, *self.fixed) if self.fixed else parameters

    def address(self, parameters: Parameters, **changes: str | Sequence[str] | None) -> str:
        """The list with these parameters, some replaced; None removes one."""
        return address(self.path, self.shown(parameters), **changes)

    def part(self, name: str, parameters: Parameters) -> str:
        """What belongs to the list below its own address, like its count."""
        return address(f"{self.path}/{name}", self.shown(parameters))


def own_place(listing: Listing) -> ListPlace:
    """The list at the address that it was declared with."""
    return ListPlace(listing.path, listing.title)
