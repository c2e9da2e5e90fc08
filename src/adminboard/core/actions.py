"""Actions: a change declared once.

An action names its command, its permission, how to preview it and how to apply it. From that come the
form, the preview and confirmation, the REST call, the command line and the undo. Everything else about
changing things lives in ``core.action_runner``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.core.audit import Target
from adminboard.core.canonical import digest
from adminboard.core.commands import Command
from adminboard.core.errors import DomainError
from adminboard.core.limits import PerMinute
from adminboard.core.listings.filters import Option
from adminboard.core.permissions import Permission
from adminboard.core.work import Work

C = TypeVar("C", bound=Command)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that will be different. ``cell`` names how values are shown ("credits", "text", …).

    "long_text" is for what may have many lines: both sides are shown whole, below each other.
    """

    field: str
    before: Any
    after: Any
    cell: str = "text"


@dataclass(frozen=True, slots=True)
class Detail:
    """Something that comes with the changes and has no before: a line of an invoice to be. ``cell`` names how
    it is shown, as for changes."""

    label: str
    value: Any
    cell: str = "text"


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning of a preview. One that must be acknowledged stops the action until its code is sent."""

    code: str
    message: str
    must_acknowledge: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """What a change moves: credits, or minor units of a currency (lower case)."""

    credits: Decimal | None = None
    cents: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would do: exactly this is confirmed, and exactly this then happens (guarantee 8).

    ``facts`` are further values the confirmation rests on that are no changes themselves. One whose name
    begins with a capital is named to people where it has moved. For what is too much to keep: `in_short`.
    """

    subject: Target
    changes: tuple[Change, ...]
    warnings: tuple[Caution, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    needs_approval: str | None = None
    """Why a second person must approve, as a sentence; None when nobody needs to."""
    details: tuple[Detail, ...] = ()
    """What else comes of it."""
    amount: Amount | None = None
    """What it moves, for the list of what waits for approval; follows from the command."""

    def fingerprint(self) -> str:
        """Changes when anything that was shown changes."""
        shown = {
            "subject": [self.subject.kind, self.subject.id],
            "changes": [[change.field, change.before, change.after] for change in self.changes],
            "warnings": [[warning.code, warning.must_acknowledge] for warning in self.warnings],
            "facts": dict(self.facts),
            "approval": self.needs_approval,
        }
        if self.details:
            shown["details"] = [[detail.label, detail.value] for detail in self.details]
        return digest(shown).hex()

    @property
    def acknowledgements(self) -> frozenset[str]:
        """The codes that must be acknowledged."""
        return frozenset(warning.code for warning in self.warnings if warning.must_acknowledge)


IN_SHORT = "sha256:"


def in_short(digest_of_it: str) -> str:
    """A fact that stands for much more than can be kept or read: whether it moved, not what of it."""
    return IN_SHORT + digest_of_it


@dataclass(frozen=True, slots=True)
class Undo:
    """The inverse of what was just done: another action with its command."""

    action: str
    command: Command

    def to_data(self) -> dict[str, Any]:
        return {"action": self.action, "command": self.command.asked_data()}


@dataclass(frozen=True, slots=True)
class Applied:
    """What an action did.

    ``result`` is the JSON-able answer of the REST call; ``summary`` the sentence of toast and audit log;
    ``record`` further facts for the audit entry's "after". ``shown_once`` are secrets (a new key, a set-up
    code): they go into this one answer and are kept nowhere, so an answer given again does not have them.
    ``operation`` is the call to the outside that it wrote down (`core.operations.write`), made as soon as
    this is committed. ``summary`` is then what was decided ("Asked Stripe to …"): it is not done yet.
    """

    result: Mapping[str, Any]
    summary: str
    undo: Undo | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    shown_once: Mapping[str, str] = field(default_factory=dict)
    operation: UUID | None = None


@dataclass(frozen=True, slots=True)
class RestCall:
    """Where an action is found in the API, below /v1/admin; ``{names}`` in the path are command fields.

    ``example`` fills the documentation; its keys are the body's. ``leaves_out`` are fields that make no
    sense at this address: the body may not name them. ``names`` are fields that the body calls otherwise, and
    ``defaults`` what they mean to a body that does not name them. ``demands_nothing`` is for addresses that
    promise to do without an Idempotency-Key, even for money, and take a body without `acknowledge` for one
    that accepts every warning.
    """

    method: str
    path: str
    summary: str
    status: int = 200
    example: Mapping[str, Any] = field(default_factory=dict)
    leaves_out: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    demands_nothing: bool = False

    @property
    def path_fields(self) -> frozenset[str]:
        """The command fields that the path names."""
        return frozenset(re.findall(r"{(\w+)}", self.path))


def lock_nothing(work: Work, command: Any) -> None:
    """For actions whose rows are locked by the constraint that protects them."""


def everything_shown(preview: Preview) -> Mapping[str, Any]:
    """All that a preview shows and rests on: what an approval compares unless the action says otherwise."""
    before = {change.field: change.before for change in preview.changes}
    after = {f"{change.field} afterwards": change.after for change in preview.changes}
    return {**before, **after, **preview.facts}


def prepare_nothing(session: Session, commands: Sequence[Any]) -> None:
    """For actions whose previews ask little."""


def lock_each(work: Work, commands: Sequence[Any]) -> None:
    """For actions that lock nothing, or things that no two commands share: each is locked in its turn."""


@dataclass(frozen=True)
class Bulk(Generic[C]):
    """How an action takes the rows of a file, many in one transaction (docs/adr/0008).

    ``example`` is the row of the template, by field; ``leaves_out`` are fields that files have no column for.
    ``prepare`` remembers, in a few statements, what the previews of all the commands will ask. ``lock`` takes
    the locks of all of them in an order that every such transaction keeps, so that no two of them wait for
    each other.
    """

    example: Mapping[str, str]
    prepare: Callable[[Session, Sequence[C]], None] = prepare_nothing
    lock: Callable[[Work, Sequence[C]], None] = lock_each
    leaves_out: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Action(Generic[C]):
    """A change declared once.

    ``lock`` takes the row locks under which preview and apply see the same state. ``preview`` raises the
    `DomainError` of any rule that forbids the change; ``apply`` is only called after it, in one transaction.
    ``confirm_label`` is the verb and the amount on the button. ``subject`` says whom the form is about, from
    what the link that opened it says, before anything else is typed; the form then hides ``subject_field``,
    which names them. Fields that are ids (`UUID`) are always hidden.
    """

    name: str
    title: str
    command: type[C]
    preview: Callable[[Session, C], Preview]
    apply: Callable[[Work, C], Applied]
    permission: Permission
    lock: Callable[[Work, C], None] = lock_nothing
    confirm_label: Callable[[C, Preview], str] | None = None
    rest: RestCall | None = None
    destructive: bool = False
    money: bool = False
    """Moves money or credits: REST calls need an Idempotency-Key."""
    step_up: bool = False
    """A person must have proved who they are within the last 15 minutes."""
    subject: Callable[[Session, Mapping[str, str]], Target | None] | None = None
    subject_field: str = "user"
    also_at: Sequence[RestCall] = ()
    """Further addresses of the same change in the API."""
    live: bool = True
    """Whether the first change is shown while the form is filled in."""
    offers: Mapping[str, Callable[[Session], Sequence[Option]]] = field(default_factory=dict)
    """What a form offers to choose from, for fields whose values are rows."""
    begin: Callable[[Session, Mapping[str, str]], Mapping[str, str]] | None = None
    """What the form holds when it opens, from what the link that opened it says: a text to be edited."""
    tells: Callable[[Session, Mapping[str, str]], str | None] | None = None
    """A sentence above the form's fields, from what the link that opened it says: how it stands now."""
    approval_facts: Callable[[Preview], Mapping[str, Any]] = everything_shown
    """What an approval of it rests on, by names people read: where one has moved since it was asked for, the
    request is void. Whom it is about, which warnings must be accepted and why a second person is needed are
    always among them (`core.approvals`). Name what ordinary use of the product does not change."""
    bulk: Bulk[C] | None = None
    """Lets a file change many records at once."""
    fetch: Callable[[Any, C], C] | None = None
    """Asks the outside, by way of the runtime and before any transaction, what the preview needs of it;
    returns the command with that in its `carried` fields. Changes nothing out there. What was shown is
    carried to the change by the preview's token, so that exactly it is confirmed. A preview of a command
    that carries nothing yet, as a form asks for while it is filled in, shows what it can."""
    fetches_to_show: bool = False
    """What is fetched is only shown: whoever makes the change without a preview does without it."""
    limit: PerMinute | None = None
    """How often one admin may make this change, and others that count together with it."""
    leads_to: str | Callable[[Mapping[str, Any]], str | None] | None = None
    """Where its page goes afterwards, with ``{names}`` of its result, or made of that: the record it made,
    where that has to be seen next. Without it, or where None is made, people come back to where they were."""

    also_called: Sequence[str] = ()
    """Other words that people look for it by, in the search over everything."""
    stands_alone: bool = False
    """Whether the search over everything leads to its form although it is about no single record."""

    def __post_init__(self) -> None:
        """Raises `TypeError` for a bulk action that wants fresh proof, which a worker cannot give."""
        if self.bulk is not None and self.step_up:
            raise TypeError(f"{self.name} asks for fresh proof, so it cannot be made from a file")

    @property
    def rest_calls(self) -> Sequence[RestCall]:
        """Every address of the action in the API; none when it has none."""
        return (self.rest, *self.also_at) if self.rest is not None else ()

    def label(self, command: C, preview: Preview) -> str:
        return self.confirm_label(command, preview) if self.confirm_label else self.title


class ActionUnknown(DomainError):
    """There is no action of this name."""

    status = 404
    title = "No such action"


class Actions:
    """All actions of the board by name; areas register theirs when the board is put together."""

    def __init__(self, actions: tuple[Action[Any], ...] = ()) -> None:
        self._by_name: dict[str, Action[Any]] = {}
        for action in actions:
            if action.name in self._by_name:
                raise ValueError(f"two actions are called {action.name}")
            self._by_name[action.name] = action

    def get(self, name: str) -> Action[Any]:
        """Raises `ActionUnknown`."""
        if name not in self._by_name:
            raise ActionUnknown(f"There is no action {name!r}. `adminboard actions list` names them all.")
        return self._by_name[name]

    def __iter__(self) -> Any:
        return iter(self._by_name.values())
