"""The goals of a page, each with its figure of a period and whether that settles it (indicators.md, 1.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from surveyor.core.goals import Goals, aim, entries
from surveyor.core.indicators import Envelope, find
from surveyor.core.indicators.changes import Goal
from surveyor.core.scope import Reach, Scope, narrow
from surveyor.db import stores, tallies
from surveyor.flows.measure_indicators import Question, measure
from surveyor.web.dashboard.asked import Asked, unseen
from surveyor.web.dashboard.routes import delivery_events
from surveyor.web.here import now, page_keeper, services
from surveyor.web.language import language, text
from surveyor.web.security.people import me


@dataclass(frozen=True, slots=True)
class Row:
    """A goal as a line of the table. own: set on the page, else written in the file.

    in_part: the reader sees some stores of its scope only, and the figure is of those.
    """

    scope: str
    label: str
    target: float
    own: bool
    in_part: bool
    figure: Envelope
    verdict: Goal


def rows(session: Any, asked: Asked, screen: Goals, file: Goals) -> list[Row]:
    """Every goal of a scope that the reader sees any of, by scope; each scope is measured once."""
    wanted: dict[str, list[str]] = {}
    for written, key in sorted(screen.keys() | file.keys()):
        wanted.setdefault(written, []).append(key)
    names = {entry.key: entry.label(language()) for entry in entries()}
    names["coverage"] = text("dashboard.figure.coverage")  # always of twelve months, and says so
    visible = stores.shops(session, me().reach)
    found = []
    with tallies.once(session):
        for written, keys in wanted.items():
            scope = Scope.parse(written)
            reach = narrow(scope, me().reach)
            if not reach or not (scope.is_network or stores.shops(session, reach)):
                continue
            in_part = bool(unseen(session, visible, scope))
            for figure in _figures(session, asked, keys, scope, reach):
                aimed = aim(figure, (written,), screen, file)
                assert aimed is not None
                own = aimed.source == "screen"
                found.append(Row(written, names[figure.key], aimed.target, own, in_part, figure, aimed.verdict))
    return found


def _figures(session: Any, asked: Asked, keys: Iterable[str], scope: Scope, reach: Reach) -> tuple[Envelope, ...]:
    question = Question(
        indicators=tuple(find(key) for key in keys),
        scope=scope,
        reach=reach,
        period=asked.period,
        today=asked.today,
        language=language(),
        delivery_events=delivery_events(),
        zone=services().settings.time_zone,
        now=now(),
        keeper=page_keeper(),
    )
    return measure(session, question)[0].figures
