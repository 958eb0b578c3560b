"""Pages of labels: how often each is mentioned and how it goes, one label by store and month, and the quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from surveyor.core.badges import Status, badge
from surveyor.core.intervals import wilson
from surveyor.core.labels import Label
from surveyor.core.matrix import performance
from surveyor.db import labels, stores
from surveyor.errors import NotFound
from surveyor.flows.edit_labels import measured
from surveyor.flows.keep_counts import mentions
from surveyor.flows.sort_verbatims import in_force
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import page_keeper, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs

area = Blueprint("labels", __name__, url_prefix="/labels")
#: Mentions under which a label is not judged (indicators.md, 11.3).
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One line: mentions by polarity, their share of the comments with its interval, performance with its own."""

    key: str
    name: str
    counts: tuple[int, int, int]
    of: int
    share: float | None
    low: float | None
    high: float | None
    value: float | None
    value_low: float | None
    value_high: float | None

    @property
    def mentions(self) -> int:
        """All of them."""
        return sum(self.counts)

    @property
    def judged(self) -> bool:
        """Whether there are enough mentions to say how it goes."""
        return self.mentions >= FEWEST


def row_of(key: str, name: str, counts: tuple[int, int, int], of: int) -> Row:
    """A line from its counts; shares in percent. The performance is that of THM-02, at 90 %."""
    share, bounds = (100 * sum(counts) / of, wilson(sum(counts), of)) if of else (None, None)
    low, high = (100 * bounds[0], 100 * bounds[1]) if bounds else (None, None)
    found = performance(counts) if sum(counts) >= FEWEST else None
    told = (found.value, found.ci_low, found.ci_high) if found is not None else (None, None, None)
    return Row(key, name, counts, of, share, low, high, *told)


@area.get("")
@needs("read", "labels")
def listing() -> Response:
    """Every label for a scope and a period."""
    with services().read_sessions() as session:
        asked = question.read(session)
        lexicon = in_force(session).lexicon
        of = (session, page_keeper(), asked.reach, asked.period)
        covered, counts = mentions.covered(*of), mentions.mentions(*of)
        filters = question.choices(session, asked, period_name)
    named = {one.id: one.name(language()) for one in lexicon.labels}
    counting = covered is None or counts is None
    covered, counts = covered or labels.Covered(0, 0, 0), counts or {}
    known = [*named, *sorted(set(counts) - set(named))]
    rows = [row_of(key, named.get(key, key), counts.get(key, (0, 0, 0)), covered.commented) for key in known]
    values = {
        "asked": asked,
        "filters": filters,
        "days": days_name(asked.period),
        "rows": sorted(rows, key=lambda one: (-one.mentions, one.name)),
        "covered": covered,
        "counting": counting,
        "coverage": row_of("", "", (covered.labelled, 0, 0), covered.commented),
        "hidden": badge(covered.commented) in (Status.NO_DATA, Status.HIDDEN),
    }
    return make_response(render_template("labels/listing.html", **values))


@area.get("/quality")
@needs("read", "labels")
def quality() -> Response:
    """Precision and recall on the verbatims that a person went through."""
    with services().read_sessions() as session:
        lexicon = in_force(session).lexicon
        rows, total, n = measured(session, lexicon)
    named = {one.id: one.name(language()) for one in lexicon.labels}
    return make_response(render_template("labels/quality.html", rows=rows, total=total, n=n, named=named))


@area.get("/of/<label>")
@needs("read", "labels")
def page(label: str) -> Response:
    """One label by store and by month, its rules and examples."""
    with services().read_sessions() as session:
        asked = question.read(session)
        lexicon = in_force(session).lexicon
        found = lexicon.label(label)
        if found is None:
            raise NotFound("label")
        by_store = labels.by_store(session, asked.reach, asked.period, label)
        by_day = labels.by_day(session, asked.reach, asked.period, label)
        commented = labels.commented_by_store(session, asked.reach, asked.period)
        by_month = labels.commented_by_day(session, asked.reach, asked.period)
        names = stores.names(session).stores
        filters = question.choices(session, asked, period_name)
    places = [row_of(key, names.get(key, key), by_store.get(key, (0, 0, 0)), n) for key, n in commented.items()]
    values: dict[str, Any] = {
        "asked": asked,
        "filters": filters,
        "days": days_name(asked.period),
        "label": found,
        "name": found.name(language()),
        "stores": sorted((one for one in places if one.of), key=lambda one: (-one.mentions, one.name)),
        "months": _months(by_day, by_month),
        "rules": _rules(found),
    }
    return make_response(render_template("labels/page.html", **values))


def _months(mentions: Mapping[date, tuple[int, int, int]], commented: Mapping[date, int]) -> list[Row]:
    sums: dict[str, list[int]] = {}
    for day, n in commented.items():
        sums.setdefault(f"{day:%Y-%m}", [0, 0, 0, 0])[3] += n
    for day, counts in mentions.items():
        row = sums.setdefault(f"{day:%Y-%m}", [0, 0, 0, 0])
        for at, n in enumerate(counts):
            row[at] += n
    return [row_of(month, period_name(month), (one[0], one[1], one[2]), one[3]) for month, one in sorted(sums.items())]


def _rules(found: Label) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    kinds = ("mention", "positive", "negative", "hint", "exclude")
    return [
        (spoken, [(kind, [one.source for one in getattr(words, kind)]) for kind in kinds if getattr(words, kind)])
        for spoken, words in found.words.items()
    ]
