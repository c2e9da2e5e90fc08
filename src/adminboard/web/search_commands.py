"""Commands in the global search: "adjust credits for jane", "credits of jane", "add a note on acme".

An action with a subject, and a page about one, are found by their title or what else they are called, with
the record they are about chosen already. A title alone finds the action's form, where that can ask for the
rest, or where it is about no single record: "sync plans".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adminboard.core.actions import Action
from adminboard.web.addresses import address
from adminboard.web.area import Hit, SearchProvider
from adminboard.web.form_view import FieldKind
from adminboard.web.forms import field_kind
from adminboard.web.visit import Visit

_FILLERS = frozenset({"a", "an", "the"})
_BETWEEN = frozenset({"for", "of", "on", "to", "from"})


@dataclass(frozen=True, slots=True)
class _Command:
    """Something that is done to, or shown of, one record. ``action`` is None for a page."""

    title: str
    subject: str
    icon: str
    action: Action[Any] | None = None
    page_url: str = ""
    choose_url: str | None = None
    also_called: Sequence[str] = ()

    def find_rest(self, term: str) -> str | None:
        """What follows the command in the term, "" when nothing does, None when the term is about something
        else."""
        rests = (_after_title(name, term) for name in (self.title, *self.also_called))
        return next((rest for rest in rests if rest is not None), None)

    def begins(self, term: str) -> bool:
        """Whether what is typed so far may become the command."""
        return any(_begins(name, term) for name in (self.title, *self.also_called))

    def hit_for(self, record: Hit) -> Hit:
        """The command with its record chosen."""
        if self.action is None:
            return Hit(
                f"{self.title} of {record.title}",
                record.subtitle,
                self.page_url.format(record.key),
                self.icon,
            )
        url = address(
            f"/actions/{self.action.name}", {}, **{self.subject: record.key, "return_to": record.url}
        )
        return Hit(f"{self.title} for {record.title}", record.subtitle, url, self.icon)

    def hit_alone(self) -> Hit | None:
        """The form with nothing chosen, where it has a field to choose in; of a page where to choose."""
        if self.action is None:
            choosing = f"of the {self.subject} you choose"
            return Hit(f"{self.title} …", choosing, self.choose_url, self.icon) if self.choose_url else None
        kind = field_kind(self.action.command.model_fields[self.subject])
        if kind is FieldKind.HIDDEN:
            return None
        return Hit(
            f"{self.title} …", f"for the {self.subject} you choose", f"/actions/{self.action.name}", self.icon
        )


def find_commands(visit: Visit, term: str, limit: int) -> Sequence[Hit]:
    """The commands that the actor may give and the term names, each with the records it names."""
    providers = {
        provider.subject: provider
        for provider in visit.board.search_providers
        if provider.subject is not None and visit.actor.may(provider.permission)
    }
    found: list[Hit] = []
    for command in _list_commands(visit, providers):
        rest = command.find_rest(term)
        if rest:
            records = providers[command.subject].find(visit.session, visit.actor, rest, limit)
            found += [command.hit_for(record) for record in records if record.key]
        elif rest is not None or command.begins(term):
            alone = command.hit_alone()
            found += [alone] if alone is not None else []
    return [*found, *_find_alone(visit, term)][:limit]


def _find_alone(visit: Visit, term: str) -> Iterator[Hit]:
    """The forms of changes that are about no single record."""
    for action in visit.board.runner.actions:
        names = (action.title, *action.also_called)
        is_meant = any(_after_title(name, term) == "" or _begins(name, term) for name in names)
        if action.stands_alone and is_meant and visit.actor.may(action.permission):
            yield Hit(f"{action.title} …", "opens its form", f"/actions/{action.name}", "bolt")


def _list_commands(visit: Visit, providers: dict[str, SearchProvider]) -> Iterator[_Command]:
    for action in visit.board.runner.actions:
        field = action.subject_field
        has_subject = action.subject is not None and field in action.command.model_fields
        if has_subject and field in providers and visit.actor.may(action.permission):
            yield _Command(action.title, field, "bolt", action, also_called=action.also_called)
    for area in visit.board.areas:
        for page in area.subject_pages:
            if page.subject in providers and visit.actor.may(page.permission):
                yield _Command(
                    page.title,
                    page.subject,
                    page.icon,
                    page_url=page.url,
                    choose_url=page.alone,
                    also_called=page.also_called,
                )


def _after_title(title: str, term: str) -> str | None:
    """What follows the title in the term, "" when nothing does, None when the term says something else."""
    words, wanted = term.split(), _plain_words(title)
    place = 0
    for word in wanted:
        while place < len(words) and words[place].casefold() in _FILLERS:
            place += 1
        if place == len(words) or _plain(words[place]) != word:
            return None
        place += 1
    rest = words[place:]
    if rest and rest[0].casefold() in _BETWEEN:
        rest = rest[1:]
    return " ".join(rest)


def _begins(title: str, term: str) -> bool:
    """Whether the title begins with what is typed so far, from three letters."""
    typed = " ".join(_plain_words(term))
    return len(typed) > 2 and " ".join(_plain_words(title)).startswith(typed)


def _plain_words(text: str) -> list[str]:
    return [_plain(word) for word in text.split() if word.casefold() not in _FILLERS]


def _plain(word: str) -> str:
    """A word without case and plural: "Credits" and "credit" are one."""
    return re.sub(r"s$", "", word.casefold())
