"""A page as its reader sees it: its elements, its table, and its forms as a browser would send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, with single spaces."""
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(" ".join(parts).split())

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def find_all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements of this tag with these attributes; ``class_`` matches one class of several."""
        return [element for element in self.walk() if element.tag == tag and element._has(attributes)]

    def get(self, tag: str, **attributes: str) -> Element:
        found = self.find_all(tag, **attributes)
        assert found, f"there is no <{tag}> with {attributes}"
        return found[0]

    def _has(self, wanted: dict[str, str]) -> bool:
        for name, value in wanted.items():
            if name == "class_":
                if value not in self.attributes.get("class", "").split():
                    return False
            elif self.attributes.get(name.replace("_", "-")) != value:
                return False
        return True


class _TreeMaker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in {element.tag for element in self._open}:
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


@dataclass(frozen=True)
class Form:
    """A form with what it would send: ``values`` can be changed before."""

    action: str
    values: dict[str, list[str]]


def without_breaks(html: str) -> str:
    """HTML without the places where a line may break, so that an address is found as it is written."""
    return html.replace("<wbr>", "")


class Page:
    """One HTML answer, by `without_breaks`."""

    def __init__(self, html: str) -> None:
        html = without_breaks(html)
        maker = _TreeMaker()
        maker.feed(html)
        maker.close()
        self.html = html
        self.root = maker.root

    @property
    def text(self) -> str:
        return self.root.text

    @property
    def headers(self) -> list[str]:
        """The labels of the list's columns."""
        return [cell.text for cell in self.root.find_all("th", scope="col")]

    @property
    def row_ids(self) -> list[str]:
        return [
            row.attributes["id"].removeprefix("row-")
            for row in self.root.find_all("tr")
            if row.attributes.get("id", "").startswith("row-")
        ]

    @property
    def rows(self) -> list[dict[str, str]]:
        """The list's rows: the text of each cell by its column's label."""
        rows = [row for row in self.root.find_all("tr") if row.find_all("td")]
        return [
            dict(zip(self.headers, [cell.text for cell in row.find_all("td")], strict=True)) for row in rows
        ]

    @property
    def count(self) -> str:
        return self.root.get("span", class_="list-count").text

    @property
    def alerts(self) -> list[str]:
        return [element.text for element in self.root.walk() if element.attributes.get("role") == "alert"]

    @property
    def toasts(self) -> list[str]:
        return [toast.get("strong").text for toast in self.root.find_all("div", class_="toast-card")]

    @property
    def field_errors(self) -> dict[str, str]:
        """The sentence beside each wrong field, by the field's name."""
        return {
            element.attributes["id"].removeprefix("error-"): element.text
            for element in self.root.find_all("p", class_="field-error")
        }

    @property
    def focused(self) -> str | None:
        """The name of the field in which one begins to type."""
        fields = (element.attributes for element in self.root.walk() if "autofocus" in element.attributes)
        return next((attributes.get("name") for attributes in fields), None)

    def link(self, id: str) -> str:
        """Where the link of this id leads; an empty text when it leads nowhere."""
        return self.root.get("a", id=id).attributes.get("href", "")

    def links(self) -> list[str]:
        return [element.attributes.get("href", "") for element in self.root.find_all("a")]

    def form(self, action: str) -> Form:
        """The first form that goes to an address beginning like this."""
        for element in self.root.find_all("form"):
            if element.attributes.get("action", "").startswith(action):
                return Form(element.attributes["action"], _values_of(element))
        raise AssertionError(f"there is no form to {action}")

    def has_form(self, action: str) -> bool:
        return any(
            form.attributes.get("action", "").startswith(action) for form in self.root.find_all("form")
        )


def _values_of(form: Element) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for element in form.walk():
        name = element.attributes.get("name")
        value = _value_of(element)
        if name and value is not None and "disabled" not in element.attributes:
            values.setdefault(name, []).append(value)
    return values


def _value_of(element: Element) -> str | None:
    attributes = element.attributes
    if element.tag == "textarea":
        return "".join(child for child in element.children if isinstance(child, str)).removeprefix("\n")
    if element.tag == "select":
        options = element.find_all("option")
        chosen = [option for option in options if "selected" in option.attributes] or options[:1]
        return chosen[0].attributes.get("value", "") if chosen else None
    if element.tag != "input":
        return None
    if attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes:
        return None
    return attributes.get("value", "")
