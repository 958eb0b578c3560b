"""What customers of a week mention, in one sentence of the express: between counted labels and its reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveyor.core.badges import LOW_UNDER
from surveyor.core.indicators.measures import Counts
from surveyor.core.rounding import display_count, display_share

#: Labels of each kind that are named: those that go badly, those that are liked.
MOST_EACH = 2
#: From this share of mentions of one kind on, in percent, they are "nearly all" of it.
NEARLY_ALL = 80


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A label of the week: mentions by polarity (positive, neutral, negative), and all those of the week before."""

    name: str
    counts: Counts
    before: int

    @property
    def n(self) -> int:
        """All its mentions of the week."""
        return sum(self.counts)


def most_mentioned(
    week: Mapping[str, Counts], before: Mapping[str, Counts], names: Mapping[str, str]
) -> tuple[list[Mentioned], list[Mentioned]]:
    """The labels mentioned most among those that go badly, then among those that go well; two of each.

    A label with as many good as bad mentions is neither. names: id -> what it is called. Of labels mentioned as
    often, those with more of their kind come first, then the first id: a report names the same ones in any language.
    """

    def most(kind: int, other: int) -> list[Mentioned]:
        keys = [key for key, row in week.items() if row[kind] > row[other]]
        keys.sort(key=lambda key: (-sum(week[key]), -week[key][kind], key))
        return [Mentioned(names.get(key, key), week[key], sum(before.get(key, (0, 0, 0)))) for key in keys[:MOST_EACH]]

    return most(2, 0), most(0, 2)


def mentioned(bad: Sequence[Mentioned], good: Sequence[Mentioned], *, comments: int, language: str) -> str:
    """The sentence of a week; "" without any label. Under 30 comments it counts, and says that it is no trend."""
    french = language == "fr"
    share = comments >= LOW_UNDER
    parts = [_bad(one, comments if share else 0, french) for one in bad]
    parts += [_good(one, comments if share else 0, french) for one in good]
    if not parts:
        return ""
    said = ("On en parle : " if french else "What customers mention: ") + (" ; " if french else "; ").join(parts) + "."
    if share:
        return said
    if french:
        return f"{said} Ces nombres sont petits : à lire comme des exemples, pas comme une tendance."
    return f"{said} Small numbers: read them as examples, not as a trend."


def _bad(one: Mentioned, comments: int, french: bool) -> str:
    was = display_count(one.before, "fr" if french else "en") if one.before else "aucune" if french else "none"
    return f"{_times(one, comments, french)} ({was} {'la semaine précédente' if french else 'last week'})"


def _good(one: Mentioned, comments: int, french: bool) -> str:
    positive = one.counts[0]
    if one.n == 1:
        how = "positive"
    elif positive == one.n:
        how = "toutes positives" if french else "all positive"
    elif 100 * positive >= NEARLY_ALL * one.n:
        how = "presque toutes positives" if french else "nearly all positive"
    else:
        how = "surtout positives" if french else "mostly positive"
    return f"{_times(one, comments, french)}, {how}"


def _times(one: Mentioned, comments: int, french: bool) -> str:
    """Its name and mentions, with their share of the comments when these are many."""
    n, shown = one.n, display_count(one.n, "fr" if french else "en")
    if french:
        share = f", {display_share(n, comments, 'fr')} des commentaires" if comments else ""
        return f"« {one.name} » {shown} mention{'s' if n > 1 else ''}{share}"
    share = f", {display_share(n, comments, 'en')} of comments" if comments else ""
    return f'"{one.name}" {"once" if n == 1 else f"{shown} times"}{share}'
