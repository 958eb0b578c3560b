"""Make the snapshots that widgets serve, from the indicators and the published reviews of their scope."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.indicators import find
from surveyor.core.periods import Period
from surveyor.core.reviews import public_author, public_text
from surveyor.core.scope import Reach, Scope
from surveyor.core.widgets import DAYS, REVIEWS_AT_MOST, Card, Snapshot, WidgetKind, snapshot
from surveyor.db import review_settings, reviews, stores, widgets
from surveyor.db.base import dumps
from surveyor.db.reviews import ReviewRow
from surveyor.db.widgets import WidgetRow
from surveyor.flows.again import again
from surveyor.flows.measure_indicators import Question, measure

SCORE = "mean_score"


def refresh_widgets(sessions: Any, *, zone: str, now: datetime) -> int:
    """Make every snapshot again; how many say something else than before. Killed between two: the next call goes on."""
    today = now.astimezone(ZoneInfo(zone)).date()
    with sessions() as session:
        listed = [one for one in widgets.every(session, (Scope(),), since=today) if one.active]
        before = widgets.snapshots(session)
        made = [(one.id, snapshot_of(session, one, today=today, zone=zone)) for one in listed]
    changed = [(name, plain, sha) for name, plain, sha in map(_hashed, made) if before.get(name) != sha]
    for name, plain, sha in changed:
        again(lambda name=name, plain=plain, sha=sha: _keep(sessions, name, plain, sha, now))  # type: ignore[misc]
    return len(changed)


def snapshot_of(session: Any, widget: WidgetRow, *, today: date, zone: str) -> Snapshot:
    """What a widget says today."""
    scope = Scope.parse(widget.scope)
    period = Period(today - timedelta(days=DAYS), today - timedelta(days=1))
    question = Question((find(SCORE),), scope, (scope,), period, today, widget.language, zone=zone)
    (figure,) = measure(session, question)[0].figures
    value = f"{figure.display}/10" if figure.shown else ""
    found = reviews.public(session, published_in(session, scope), limit=REVIEWS_AT_MOST)
    cards = [card(one, widget.language) for one in found]
    about = (value, figure.interval, figure.n)
    kind = WidgetKind(widget.kind)
    return snapshot(kind, widget.language, name_of(session, scope), about, (period.first, period.last), cards)


def published_in(session: Any, scope: Scope) -> Reach:
    """The part of a scope whose brands publish reviews: each brand says so by itself."""
    open_brands = {one.brand_id for one in review_settings.of_all(session) if one.enabled}
    wanted = open_brands & set(scope.brands) if scope.brands else open_brands
    return (replace(scope, brands=tuple(sorted(wanted))),) if wanted else ()


def scope_brands(session: Any, scope: Scope) -> set[str]:
    """The brands that a scope's stores belong to."""
    found = stores.shops(session, (scope,))
    return {one.brand_id for one in found if one.brand_id}


def card(row: ReviewRow, language: str) -> Card:
    """A published review for the public: name and initial at most, its words whole, what names somebody hidden."""
    assert row.experienced_on is not None
    assert row.published_at is not None
    return Card(
        id=row.id.hex,
        author=public_author(row.first_name, row.last_name, language),
        text=public_text(row.text, row.masks),
        score=row.score or 0,
        store=row.store,
        experienced_on=row.experienced_on.isoformat(),
        published_on=row.published_at.date().isoformat(),
        reply=row.reply,
    )


def name_of(session: Any, scope: Scope) -> str:
    """What a scope is called in public: its stores, its regions or its brands; every brand for the network."""
    names = stores.names(session)
    parts: Sequence[tuple[Sequence[str], dict[str, str]]] = (
        (scope.stores, names.stores),
        (scope.regions, names.regions),
        (scope.brands, names.brands),
    )
    found = next(([known.get(one, one) for one in ids] for ids, known in parts if ids), list(names.brands.values()))
    return ", ".join(found[:3])


def _hashed(made: tuple[str, Snapshot]) -> tuple[str, dict[str, Any], bytes]:
    plain = made[1].plain()
    return made[0], plain, hashlib.sha256(dumps(plain).encode()).digest()


def _keep(sessions: Any, name: str, plain: dict[str, Any], sha: bytes, now: datetime) -> None:
    with sessions.begin() as session:
        widgets.keep_snapshot(session, name, sha256=sha, body=plain, now=now)
