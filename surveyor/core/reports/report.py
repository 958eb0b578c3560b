"""A report as plain data, between the figures it was made of and every form it is read in: email, page, file, PDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

#: Sections whose rows are stores by tier.
TIERS = ("above", "average", "below")


@dataclass(frozen=True, slots=True)
class Quote:
    """What a customer wrote, on one line, personal data masked; about: where and when. id: of the answer, 32 digits.

    case: the case in which it is answered, as many digits; "" without one, or where no answer waits.
    """

    score: int
    text: str
    about: str
    id: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A recommendation as it is shown. unit: what it is about; status: what became of it, "" when nobody said.

    unknown: what is not known of it, "" when its text says so.
    """

    rule: str
    unit: str
    level: str
    text: str
    status: str = ""
    unknown: str = ""

    @property
    def whole(self) -> str:
        """What is known and what is not, on one line."""
        return f"{self.text} {self.unknown}" if self.unknown else self.text


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: its name, what is written beside it, and its length from 0 to 1000."""

    name: str
    said: str
    length: int
    tone: str = "bar"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in this order: sentences, bars, drawings, rows, words of customers."""

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    drawings: tuple[Mapping[str, Any], ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    quotes: tuple[Quote, ...] = ()

    @property
    def says(self) -> bool:
        """Whether there is anything under the heading."""
        return bool(self.sentences or self.bars or self.drawings or self.rows or self.quotes)


@dataclass(frozen=True, slots=True)
class Report:
    """A report of one reader's stores: what is read, in its order, and what it keeps of itself.

    kind: express or voice. period: "2026-W47" or "2026-10". about: which stores and days. quiet: there was nothing to
    say. team: the page to pin up, of a store's monthly report. pages: one of each store, of a region's monthly report.
    """

    kind: str
    edition: str
    language: str
    period: str
    unit: str
    subject: str
    about: str
    lead: str
    sections: tuple[Section, ...]
    advice: tuple[Told, ...]
    closing: str
    foot: str
    quiet: bool = False
    notice: str = ""
    team: Section | None = None
    pages: tuple[Section, ...] = ()

    def section(self, key: str) -> Section:
        """The section of this key; an empty one when the report has nothing to say there."""
        return next((one for one in self.sections if one.key == key), Section(key, ""))

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """Every customer's words, in the order they are read."""
        return tuple(quote for section in (*self.sections, *self.pages) for quote in section.quotes)


@dataclass(frozen=True, slots=True)
class Kept:
    """A report on its way, and what of its stores its reader could see when it was made: scopes, joined by spaces."""

    scope: str
    report: Report


def to_plain(report: Report) -> dict[str, Any]:
    """The report as JSON, without the words of customers: those are kept apart, where an erasure finds them."""
    return asdict(replace(report, sections=_silent(report.sections), pages=_silent(report.pages)))


def _silent(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    return tuple(replace(one, quotes=tuple(replace(quote, text="") for quote in one.quotes)) for one in sections)


def from_plain(plain: Mapping[str, Any], words: Mapping[int, str]) -> Report:
    """The report again. words: place of a quote, counted from 0 through the whole report -> its text."""
    places = count()
    sections = tuple(_spoken(_section(one), words, places) for one in plain["sections"])
    pages = tuple(_spoken(_section(one), words, places) for one in plain.get("pages", ()))
    team = _section(plain["team"]) if plain.get("team") else None
    advice = tuple(Told(**one) for one in plain["advice"])
    return Report(**{**plain, "sections": sections, "advice": advice, "team": team, "pages": pages})


def _spoken(section: Section, words: Mapping[int, str], places: Iterator[int]) -> Section:
    quotes = tuple(replace(one, text=words.get(next(places), "")) for one in section.quotes)
    return replace(section, quotes=quotes)


def _section(plain: Mapping[str, Any]) -> Section:
    return Section(
        key=plain["key"],
        title=plain["title"],
        sentences=tuple(plain["sentences"]),
        bars=tuple(Bar(**one) for one in plain["bars"]),
        drawings=tuple(plain["drawings"]),
        rows=tuple((row[0], row[1]) for row in plain["rows"]),
        quotes=tuple(Quote(**one) for one in plain["quotes"]),
    )
