"""The names that a rule may refer to, and the closest of them to what somebody wrote: between a slip and its repair."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from surveyor.core.rules.keys import HABITS

CUTOFF = 0.6
#: Names compared for one text of rules: looking for a close one takes time, and a hostile text asks often.
MAX_COMPARED = 20_000


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What exists in the database. Without any store, stores, regions and segments are not looked up.

    Empty `surveys` or `emails` are not looked up either; `known=None` looks nothing up (`replay` of files).
    """

    stores: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    surveys: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()

    def of(self, kind: str) -> frozenset[str] | None:
        """The names of "stores", "regions", "segments", "surveys" or "emails"; None: not to be looked up."""
        if kind in ("stores", "regions", "segments") and not self.stores:
            return None
        names = {
            "stores": self.stores,
            "regions": self.regions,
            "segments": self.segments,
            "surveys": self.surveys,
            "emails": self.emails,
        }[kind]
        return names if names or kind in ("regions", "segments") else None

    @classmethod
    def from_lists(cls, lists: Mapping[str, Iterable[str]]) -> KnownNames:
        """From `{"stores": [...], "regions": [...], ...}`; an absent list is empty."""
        return cls(*(frozenset(lists.get(k, ())) for k in ("stores", "regions", "segments", "surveys", "emails")))


class Suggester:
    """Did you mean ...? The habit's name, else the closest spelling, until `MAX_COMPARED` names were compared."""

    def __init__(self) -> None:
        self._left = MAX_COMPARED

    def closest(self, written: str, names: Collection[str]) -> str | None:
        """The name among `names` that was most likely meant; None when nothing is close."""
        for habit in HABITS.get(written.lower(), ()):
            if habit in names:
                return habit
        if self._left <= 0 or len(written) > 100:
            return None
        self._left -= len(names)
        close = get_close_matches(written, sorted(names), n=1, cutoff=CUTOFF)
        return close[0] if close else None
