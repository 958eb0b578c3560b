"""Which stores a figure or a reader is about: the scope that every read between the database and a page carries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import quote, unquote

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint, Refused

#: Words of the grammar, in the order they are written (contracts.md, 3).
KINDS = ("brand", "region", "store", "segment")
#: "+" between terms; a space before a kind is the "+" of an address that was decoded once.
SEPARATOR = re.compile(r"\+|\s+(?=[a-z]+:)")


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows of certain stores: AND between kinds, OR inside one; no kind at all is the whole network.

    Ids are the source's own (`store_id`, `brand`, `region`, `segment` of the order events), sorted and without
    doubles when made by `of` or `parse`. A scope without any row cannot be written: `intersect` gives None instead.
    """

    brands: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()

    @staticmethod
    def of(
        *,
        brands: Iterable[str] = (),
        regions: Iterable[str] = (),
        stores: Iterable[str] = (),
        segments: Iterable[str] = (),
    ) -> Scope:
        """A scope from ids in any order."""
        parts = (tuple(sorted(set(ids))) for ids in (brands, regions, stores, segments))
        return Scope(*parts)

    @staticmethod
    def parse(text: str, *, where: str = "?scope") -> Scope:
        """`network`, `brand:ID`, `region:ID`, `store:ID`, `segment:ID`, joined with `+`; a "+" in an id is %2B.

        Raises:
            Refused: `scope_invalid`, with every term that was not understood.
        """
        if text.strip() in ("", "network"):
            if text.strip():
                return NETWORK
            raise Refused([_complaint(text, where, hint=())])
        complaints: list[Complaint] = []
        found: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for term in SEPARATOR.split(text.strip()):
            kind, colon, name = term.partition(":")
            identifier = unquote(name.strip())
            if kind not in KINDS or not colon or not identifier.strip() or "\0" in identifier:
                complaints.append(_complaint(term, where, hint=get_close_matches(kind, KINDS, n=1)))
            else:
                found[kind].append(identifier)
        if complaints:
            raise Refused(complaints)
        return Scope.of(**{f"{kind}s": ids for kind, ids in found.items()})

    def __str__(self) -> str:
        terms = (f"{kind}:{_quoted(name)}" for kind, names in zip(KINDS, self.parts, strict=True) for name in names)
        return "+".join(terms) or "network"

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """Ids by kind, in the order of `KINDS`; an empty part does not restrict."""
        return (self.brands, self.regions, self.stores, self.segments)

    @property
    def is_network(self) -> bool:
        """True when nothing is left out."""
        return not any(self.parts)

    def holds(self, *, brand: str = "", region: str = "", store: str = "", segment: str = "") -> bool:
        """Whether a row with these attributes is inside; a row without a value is inside no scope that asks for one."""
        values = (brand, region, store, segment)
        return all(not names or value in names for names, value in zip(self.parts, values, strict=True))


NETWORK = Scope()
#: The union of several scopes, as a person holds them. Empty is nothing at all - never "no restriction".
Reach = tuple[Scope, ...]


def intersect(one: Scope, other: Scope) -> Scope | None:
    """The rows in both, None when the two name no common id of a kind."""
    parts: list[tuple[str, ...]] = []
    for mine, theirs in zip(one.parts, other.parts, strict=True):
        both = tuple(sorted(set(mine) & set(theirs))) if mine and theirs else mine or theirs
        if mine and theirs and not both:
            return None
        parts.append(both)
    return Scope(*parts)


def _within(one: Scope, other: Scope) -> bool:
    """True when every row of `one` is in `other` whatever the stores are."""
    return all(
        not theirs or (bool(mine) and set(mine) <= set(theirs))
        for mine, theirs in zip(one.parts, other.parts, strict=True)
    )


def simplify(scopes: Iterable[Scope]) -> Reach:
    """The same union without scopes that lie inside another, in a stable order."""
    distinct = sorted(set(scopes), key=str)
    return tuple(one for one in distinct if not any(one != other and _within(one, other) for other in distinct))


def covers(reach: Iterable[Scope], *, brand: str = "", region: str = "", store: str = "", segment: str = "") -> bool:
    """Whether a union of scopes holds a row."""
    return any(scope.holds(brand=brand, region=region, store=store, segment=segment) for scope in reach)


def narrow(requested: Scope, allowed: Iterable[Scope]) -> Reach:
    """What is left of a request for a reader with these scopes; empty: nothing, to be answered as if it did not exist.

    (requested,) when the request lies inside one of the scopes. The parts of a longer answer may overlap: a query
    joins them with OR, so that a row counts once.
    """
    common = (intersect(requested, scope) for scope in allowed)
    return simplify(scope for scope in common if scope is not None)


def _quoted(name: str) -> str:
    return "".join(quote(c, safe="") if c in "%+" or c.isspace() else c for c in name)


def _complaint(term: str, where: str, hint: Iterable[str]) -> Complaint:
    said, guess = shown(term, 60), next((kind for kind in hint if not term.startswith(f"{kind}:")), "")
    forms = ", ".join(["network", *(f"{kind}:ID" for kind in KINDS)])
    return Complaint(
        where,
        "scope_invalid",
        french(f"{where} : {said}. Attendu : {forms}, reliés par +.{f' Vouliez-vous {guess}: ?' if guess else ''}"),
        f"{where}: {said}. Expected {forms}, joined by +.{f' Did you mean {guess}:?' if guess else ''}",
    )
