"""One entry of the registry: what a screen, a report or the API needs to know of an indicator (indicators.md, 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from surveyor.core.indicators.counted import NOBODY_COUNTED, Counted
from surveyor.core.indicators.measures import Measure, Said
from surveyor.core.indicators.scales import Scaled
from surveyor.core.tally import Answers, Reasons, Tally

Unit = Literal["points", "percent", "mean", "count", "hours", "euros", "ratio", "0..100"]
Kind = Literal["S", "D", "R", "M", "I"]
Day = Literal["response", "sent", "decision", "order", "created"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a formula may need beside the tally; the defaults are those of a service that measures nothing more.

    customers: distinct people behind the answers. customers_asked, customers_with_order: distinct, over 12 months.
    tracking: opens are measured. delivery_events: the provider reports deliveries (plain SMTP does not).
    recommends_from: lowest score of SUR-03. themes: questions of stars, in order, and what each is about.
    scaled: questions of satisfaction and effort, in order, with their scales.
    counted: what some indicators need of people and rows. counting: indicators that are not counted yet.
    """

    customers: int | None = None
    customers_asked: int | None = None
    customers_with_order: int | None = None
    tracking: bool = False
    delivery_events: bool = True
    recommends_from: int = 9
    reasons: Reasons = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    themes: Mapping[str, Said] = field(default_factory=dict)
    scaled: Mapping[str, Scaled] = field(default_factory=dict)
    counted: Counted = NOBODY_COUNTED
    counting: frozenset[str] = frozenset()


Formula = Callable[[Tally, Facts], Measure]


@dataclass(frozen=True, slots=True)
class Indicator:
    """kind: S sums, D distinct, R rows, M model, I import. day: whose day a period is about. tier: 1, 2 or 3.

    not_by: dimensions of indicators.md 3 that it cannot be cut by. interval: a method of indicators.md 5, or None.
    counted_alone: its counts are in no tally though they would add up.
    """

    id: str
    key: str
    label_fr: str
    label_en: str
    unit: Unit
    kind: Kind
    day: Day
    interval: str | None
    formula: Formula
    tier: int = 1
    definition_version: int = 1
    not_by: frozenset[str] = frozenset()
    counted_alone: bool = False

    @property
    def on_demand(self) -> bool:
        """Whether its facts are counted in the tables each time: asked by name, never with all the others."""
        return self.counted_alone or (self.kind != "S" and self.key != "coverage")

    def label(self, language: str) -> str:
        """Its name in "fr", or anything else for English."""
        return self.label_fr if language == "fr" else self.label_en

    def describe(self, language: str) -> Mapping[str, object]:
        """One row of `indicators list`."""
        return {
            "id": self.id,
            "key": self.key,
            "label": self.label(language),
            "unit": self.unit,
            "kind": self.kind,
            "day": self.day,
            "interval": self.interval,
            "tier": self.tier,
            "definition_version": self.definition_version,
            "not_by": sorted(self.not_by),
        }


def indicator(
    head: str, label_fr: str, label_en: str, formula: Formula, *, not_by: frozenset[str] = frozenset()
) -> Indicator:
    """An entry from one line of the design's table: "ID key unit kind day interval", "-" for no interval.

    Raises:
        ValueError: a unit, kind or day that is none of ours.
    """
    identifier, key, unit, kind, day, interval = head.split()
    for word, allowed in ((unit, Unit), (kind, Kind), (day, Day)):
        if word not in get_args(allowed):
            raise ValueError(f"{identifier}: {word!r} is none of {get_args(allowed)}")
    return Indicator(
        id=identifier,
        key=key,
        label_fr=label_fr,
        label_en=label_en,
        unit=cast(Unit, unit),
        kind=cast(Kind, kind),
        day=cast(Day, day),
        interval=None if interval == "-" else interval,
        formula=formula,
        not_by=not_by,
    )
