"""`/r/`: the published reviews of a brand or a store, newest first, and a way to say that one is doubted."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.reviews import Ground, public_author, public_text
from surveyor.core.scope import Reach, Scope
from surveyor.core.tokens import client_key
from surveyor.core.widgets import REVIEWS_FROM, SCORE_FROM
from surveyor.db import brands, review_settings, reviews, stores
from surveyor.db.brand_look import BrandLook
from surveyor.db.review_settings import Publication
from surveyor.db.reviews import ReviewRow
from surveyor.errors import NotFound, Refused
from surveyor.flows.report_review import report_review
from surveyor.web.errors import Stop
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.public.look import PLAIN, Look, look_of
from surveyor.web.public.pace import POSTS, LastMinute
from surveyor.web.security.client import client
from surveyor.web.security.gate import anybody

area = Blueprint("published", __name__, url_prefix="/r")
PAGE = 20
_AFTER = re.compile(r"(\d{1,17})-([0-9a-f]{32})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)


@area.get("/brand/<brand_id>")
@anybody
def of_brand(brand_id: str) -> Response:
    """Every review of a brand that publishes."""
    return _page(_publication(brand_id), (Scope.of(brands=[brand_id]),), "")


@area.get("/store/<store_id>")
@anybody
def of_store(store_id: str) -> Response:
    """Those of one store."""
    with services().read_sessions() as session:
        brand_id = reviews.brand_of(session, store_id)
        name = stores.names(session).stores.get(store_id, "")
    return _page(_publication(brand_id), (Scope.of(stores=[store_id]),), name)


@area.get("/brand/<brand_id>/method")
@anybody
def method(brand_id: str) -> Response:
    """How they are collected, checked and published, from the real settings."""
    said = _publication(brand_id)
    values: dict[str, Any] = {"brands": [said], "grounds": [one.words(language()) for one in Ground]}
    values |= {
        "score_from": SCORE_FROM,
        "reviews_from": REVIEWS_FROM,
        "look": look_of_brand(brand_id),
        "brand": said.brand,
    }
    return make_response(render_template("widgets/method.html", language=language(), **values))


@area.get("/report/<review>")
@anybody
def doubt(review: str) -> Response:
    return _doubt(_published(review))


@area.post("/report/<review>")
@anybody
def report(review: str) -> Response:
    """A doubt with its reason; the same browser once a day."""
    given = declared(read_fields(limit=16 * 1024), ("reason",))
    at, prefix = now(), client().ip_prefix
    posts: LastMinute = current_app.extensions.setdefault("surveyor.reports", LastMinute())
    if posts.count(prefix, at.timestamp()) >= POSTS:
        raise Stop("rate_limited", 429, headers={"Retry-After": "60"})
    posts.note(prefix, at.timestamp())
    found = _published(review)
    agent = request.headers.get("User-Agent", "")[:400]
    key = client_key(services().keyring.newest, day=f"{at:%Y-%m-%d}", prefix=prefix, browser=agent)
    try:
        report_review(services().sessions, found, reason=given.get("reason", ""), client_key=key, now=at)
    except Refused as refused:
        return _doubt(found, refused.status, refused.complaints, given.get("reason", ""))
    return redirect(url_for("published.doubt", review=review, sent=1), 303)


def shown(row: ReviewRow) -> dict[str, Any]:
    """A review as the public reads it."""
    return {
        "id": row.id.hex,
        "author": public_author(row.first_name, row.last_name, language()),
        "text": public_text(row.text, row.masks),
        "score": row.score,
        "store": row.store,
        "lived": row.experienced_on,
        "deposited": row.deposited_at.date(),
        "published": None if row.published_at is None else row.published_at.date(),
        "reply": row.reply,
    }


def _page(said: Publication, reach: Reach, store: str) -> Response:
    before = _cursor(request.args.get("after", ""))
    with services().read_sessions() as session:
        found = reviews.public(session, reach, limit=PAGE + 1, before=before)
        total = reviews.count_public(session, reach)
    rows, more = found[:PAGE], len(found) > PAGE
    values = {
        "brand": said.brand,
        "brand_id": said.brand_id,
        "store": store,
        "reviews": [shown(one) for one in rows],
        "total": total,
        "next": _after(rows[-1]) if more else "",
        "look": look_of_brand(said.brand_id),
    }
    return make_response(render_template("reviews/public.html", language=language(), **values))


def _publication(brand_id: str) -> Publication:
    with services().read_sessions() as session:
        found = review_settings.of_brand(session, brand_id) if brand_id else None
    if found is None or not found.enabled:
        raise NotFound("brand")
    return found


def _published(review: str) -> ReviewRow:
    """A review that everybody may read. Raises NotFound."""
    found = None
    if _HEX.fullmatch(review):
        with services().read_sessions() as session:
            found = reviews.one(session, (Scope(),), UUID(hex=review))
    if found is None or found.state != "published" or found.source != reviews.OURS:
        raise NotFound("review")
    _publication(found.brand_id)
    return found


def _doubt(found: ReviewRow, status: int = 200, complaints: Any = (), typed: str = "") -> Response:
    values = {"r": shown(found), "complaints": list(complaints), "typed": typed, "sent": "sent" in request.args}
    body = render_template(
        "reviews/report.html", language=language(), look=look_of_brand(found.brand_id), brand="", **values
    )
    return make_response(body, status)


def look_of_brand(brand_id: str) -> Look:
    """The look of a brand on a page of its own."""
    with services().read_sessions() as session:
        found = brands.find(session, brand_id)
    if found is None:
        return PLAIN
    colours = json.dumps(dict(found.colours)) if found.colours else ""
    return look_of(BrandLook(found.logo, colours, found.legal_fr, found.legal_en), language())


def _after(row: ReviewRow) -> str:
    return f"{(row.deposited_at - _EPOCH) // timedelta(microseconds=1)}-{row.id.hex}"


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    found = _AFTER.fullmatch(text)
    if found is None:
        return None
    return _EPOCH + timedelta(microseconds=int(found[1])), UUID(hex=found[2])
