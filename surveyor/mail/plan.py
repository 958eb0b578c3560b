"""A template cut once into what never changes and what depends on the customer: what makes an email cheap to build.

A plan gives exactly what Jinja would render: a field is printed escaped, and whatever has a filter or a condition that
is more than a field is evaluated by Jinja itself. One skeleton is kept per branch taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from jinja2 import nodes
from markupsafe import escape

from surveyor.mail.language import environment

Values = Mapping[str, Mapping[str, str]]
Reader = Callable[[Values], str]
Made = TypeVar("Made")
MAX_BRANCHES = 64
OWN = frozenset(
    {
        ("customer", "first_name"),
        ("customer", "last_name"),
        ("order", "reference"),
        ("survey", "url"),
        ("links", "unsubscribe"),
        ("links", "action"),
        ("links", "followup"),
        ("response", "verbatim"),
        *(("reply", name) for name in ("text", "first", "second", "third", "rest")),
    }
)


def _is_own(name: tuple[str, str]) -> bool:
    return name in OWN or name[0] == "report"


class MissingValue(KeyError):
    """A field that the template needs and nobody gave; its text is `group.field`."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Slot:
    number: int


@dataclass(frozen=True, slots=True)
class _Choice:
    test: Callable[[Values], bool]
    yes: tuple[Any, ...]
    no: tuple[Any, ...]


class Skeleton:
    """One branch of a plan: constant texts and slot numbers, in order, no two constants side by side."""

    __slots__ = ("_constants", "_made", "_places", "_sha256", "pieces", "used")

    def __init__(self, pieces: tuple[str | int, ...], used: tuple[int, ...]) -> None:
        self.pieces = pieces
        self.used = used
        self._made: Any = None
        self._sha256 = b""
        self._constants = [piece if isinstance(piece, str) else "" for piece in pieces]
        self._places = [(place, piece) for place, piece in enumerate(pieces) if isinstance(piece, int)]

    def once(self, make: Callable[[Skeleton], Made]) -> Made:
        """What `make` makes of this branch, made once and kept with it."""
        if self._made is None:
            self._made = make(self)
        return cast(Made, self._made)

    @property
    def sha256(self) -> bytes:
        """What identifies the constants and where its slots are, computed once."""
        if not self._sha256:
            self._sha256 = hashlib.sha256(repr(self.pieces).encode()).digest()
        return self._sha256

    def text(self, values: list[str]) -> str:
        """The rendered part; `values` by slot number."""
        parts = self._constants.copy()
        for place, slot in self._places:
            parts[place] = values[slot]
        return "".join(parts)


class Plan:
    """A compiled template: `read` gives the branch and the value of each slot."""

    def __init__(self, source: str, *, language: str, html: bool) -> None:
        self._env = environment(language, html)
        self._html = html
        self._readers: list[Reader] = []
        self._needs: list[set[tuple[str, str]]] = []
        self._numbers: dict[str, int] = {}
        self._steps = self._sequence(self._env.parse(source).body)
        #: Slots whose value is a customer's own: the only ones that differ inside a batch of one store and one day.
        self.own = frozenset(n for n, needed in enumerate(self._needs) if any(map(_is_own, needed)))
        self._choices = [step for step in self._steps if isinstance(step, _Choice)]
        self._branches: dict[tuple[bool, ...], Skeleton] = {}

    def read(self, values: Values) -> tuple[Skeleton, list[str]]:
        """The skeleton of the branch that `values` take, and what goes into each slot; MissingValue names a field."""
        taken: list[bool] = []
        for choice in self._choices:
            self._decide(choice, values, taken)
        key = tuple(taken)
        skeleton = self._branches.get(key)
        if skeleton is None:
            flat: list[str | int] = []
            self._flatten(self._steps, iter(taken), flat)
            skeleton = Skeleton(_joined(flat), tuple(sorted({n for n in flat if isinstance(n, int)})))
            if len(self._branches) < MAX_BRANCHES:
                self._branches[key] = skeleton
        slots = [""] * len(self._readers)
        for number in skeleton.used:
            slots[number] = self._readers[number](values)
        return skeleton, slots

    def render(self, values: Values) -> str:
        """What Jinja would say."""
        skeleton, slots = self.read(values)
        return skeleton.text(slots)

    def _decide(self, choice: _Choice, values: Values, taken: list[bool]) -> None:
        yes = choice.test(values)
        taken.append(yes)
        for inner in choice.yes if yes else choice.no:
            if isinstance(inner, _Choice):
                self._decide(inner, values, taken)

    def _flatten(self, steps: tuple[Any, ...], taken: Iterator[bool], flat: list[str | int]) -> None:
        for step in steps:
            if isinstance(step, _Choice):
                self._flatten(step.yes if next(taken) else step.no, taken, flat)
            else:
                flat.append(step.text if isinstance(step, _Text) else step.number)

    def _sequence(self, body: list[Any]) -> tuple[Any, ...]:
        steps: list[Any] = []
        for node in body:
            if isinstance(node, nodes.If):
                steps.append(self._choice(node))
            else:
                steps.extend(self._piece(child) for child in node.nodes)
        return tuple(steps)

    def _choice(self, node: nodes.If) -> _Choice:
        no = self._sequence(node.else_)
        for other in reversed(node.elif_):
            no = (_Choice(self._condition(other.test), self._sequence(other.body), no),)
        return _Choice(self._condition(node.test), self._sequence(node.body), no)

    def _piece(self, node: nodes.Expr) -> _Text | _Slot:
        if isinstance(node, nodes.TemplateData):
            return _Text(node.data)
        key = repr(node)
        if key not in self._numbers:
            self._numbers[key] = len(self._readers)
            self._readers.append(self._reader(node))
            self._needs.append(_fields_in(node))
        return _Slot(self._numbers[key])

    def _reader(self, node: nodes.Expr) -> Reader:
        field = _field(node)
        if field is None:
            return self._by_jinja(nodes.Output([node]))
        group, name = field
        if self._html:
            return lambda values: str(escape(_value(values, group, name)))
        return lambda values: _value(values, group, name)

    def _condition(self, node: nodes.Node) -> Callable[[Values], bool]:
        field = _field(node)
        if field is not None:
            group, name = field
            return lambda values: bool(_value(values, group, name))
        said = self._by_jinja(nodes.If(cast(nodes.Expr, node), [nodes.Output([nodes.TemplateData("y")])], [], []))
        return lambda values: said(values) == "y"

    def _by_jinja(self, node: nodes.Stmt) -> Reader:
        needed = sorted(_fields_in(node))
        tree = nodes.Template([node], lineno=1)
        tree.set_environment(self._env)
        tree.set_lineno(1)
        code = self._env.compile(tree)
        template = self._env.template_class.from_code(self._env, code, {}, None)
        kept: dict[tuple[str, ...], str] = {}

        def read(values: Values) -> str:
            given = tuple(_value(values, group, name) for group, name in needed)
            if given not in kept:
                if len(kept) > 512:
                    kept.clear()
                kept[given] = template.render(values)
            return kept[given]

        return read


def _field(node: nodes.Node) -> tuple[str, str] | None:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return node.node.name, node.attr
    return None


def _fields_in(node: nodes.Node) -> set[tuple[str, str]]:
    found = {_field(inner) for inner in node.find_all(nodes.Getattr)} | {_field(node)}
    return {field for field in found if field is not None}


def _value(values: Values, group: str, name: str) -> str:
    try:
        value = values[group][name]
    except KeyError:
        raise MissingValue(f"{group}.{name}") from None
    if type(value) is not str:
        raise TypeError(f"{group}.{name} is not a plain string")
    return value


def _joined(flat: list[str | int]) -> tuple[str | int, ...]:
    pieces: list[str | int] = []
    for piece in flat:
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return tuple(pieces)
