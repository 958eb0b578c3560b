"""Pages of reviews for staff: what waits to be judged, oldest first and without its score, and what was decided."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from surveyor.core.reviews import GAP_POINTS, Ground, is_late, public_author, public_text, refusal_gap, shortened_author
from surveyor.db import cases, review_reports, review_settings, reviews
from surveyor.db.reviews import ReviewRow, Wanted
from surveyor.errors import NotFound, Refused
from surveyor.flows.judge_review import Judge, close_reports, publish_review, refuse_review
from surveyor.web.forms import StaffForm
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("reviews", __name__, url_prefix="/reviews")
PAGE = 20
TABS = {
    "waiting": ("waiting",),
    "published": ("published",),
    "refused": ("refused", "withdrawn"),
    "elsewhere": ("external",),
}
_AFTER = re.compile(r"(\d{1,17})-([0-9a-f]{32})", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{32}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PublishForm(StaffForm):
    """Parts to hide, one a line, as they stand in the text; the text itself cannot be sent."""

    hide = StringField()


class RefuseForm(StaffForm):
    """One ground of the list."""

    ground = StringField()


class FindingForm(StaffForm):
    """What was checked about the doubts on a review."""

    finding = StringField()


def find(review_id: str) -> ReviewRow:
    """The review of an address inside the reader's scopes; NotFound otherwise."""
    found = None
    if _HEX.fullmatch(review_id):
        with services().sessions() as session:
            found = reviews.one(session, me().reach, UUID(hex=review_id))
    if found is None:
        raise NotFound("review")
    return found


@area.get("")
@needs("read", "publication")
def listing() -> Response:
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else "waiting"
    wanted = Wanted(
        TABS[tab], before=_cursor(request.args.get("after", "")), limit=PAGE + 1, oldest_first=tab == "waiting"
    )
    reach = me().reach
    with services().sessions() as session:
        found = reviews.listing(session, reach, wanted)
        counts = reviews.counts(session, reach)
        bands = reviews.judged_by_band(session, reach)
        brands = {one.brand_id: one for one in review_settings.of_all(session)}
    rows = found[:PAGE]
    gap = refusal_gap(bands["others"], bands["detractors"])
    values = {
        "tab": tab,
        "tabs": {name: sum(counts.get(state, 0) for state in states) for name, states in TABS.items()},
        "reviews": [seen(one, brands) for one in rows],
        "next": _after(rows[-1]) if len(found) > PAGE else "",
        "bands": bands,
        "gap": gap if gap is not None and abs(gap) > GAP_POINTS else None,
        "brands": [one for one in brands.values() if one.brand_id],
    }
    return make_response(render_template("reviews/listing.html", **values))


@area.get("/<review_id>")
@needs("read", "publication", find=find)
def page(review_id: str) -> Response:
    return _page(g.found)


@area.post("/<review_id>/publish")
@needs("write", "publication", find=find)
def publish(review_id: str) -> Response:
    form = PublishForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    hide = [line.strip() for line in (form.hide.data or "").splitlines() if line.strip()]
    try:
        publish_review(services().sessions, g.found, hide=hide, by=_judge(), now=now())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints, typed=form.hide.data or "")
    return redirect(url_for("reviews.page", review_id=review_id, saved=1), 303)


@area.post("/<review_id>/refuse")
@needs("write", "publication", find=find)
def refuse(review_id: str) -> Response:
    form = RefuseForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    try:
        refuse_review(services().sessions, g.found, ground=form.ground.data or "", by=_judge(), now=now())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints)
    return redirect(url_for("reviews.page", review_id=review_id, saved=1), 303)


@area.post("/<review_id>/doubts")
@needs("write", "publication", find=find)
def doubts(review_id: str) -> Response:
    form = FindingForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    try:
        close_reports(services().sessions, g.found, finding=form.finding.data or "", by=me().actor, now=now())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints)
    return redirect(url_for("reviews.page", review_id=review_id, saved=1), 303)


def seen(row: ReviewRow, brands: dict[str, Any]) -> dict[str, Any]:
    """A review as staff see it: the public name, the words, and no score while it waits to be judged."""
    said = brands.get(row.brand_id)
    ours = row.source == reviews.OURS
    name = (
        public_author(row.first_name, row.last_name, language()) if ours else shortened_author(row.author, language())
    )
    late = row.state == "waiting" and said is not None and is_late(row.deposited_at, said.publish_days, now())
    return {
        "row": row,
        "author": name,
        "text": public_text(row.text, row.masks),
        "score": "" if row.state == "waiting" else row.score,
        "late": late,
        "due": row.deposited_at + timedelta(days=said.publish_days) if said else None,
        "ground": Ground(row.ground).words(language()) if row.ground else "",
    }


def _page(found: ReviewRow, status: int = 200, complaints: Any = (), *, typed: str = "") -> Response:
    with services().sessions() as session:
        told = review_reports.reports_of(session, found.invitation_id) if found.invitation_id else []
        brands = {one.brand_id: one for one in review_settings.of_all(session)}
        case_id = cases.of_review(session, found.id)
        if found.invitation_id is not None:
            case_id = cases.of_responses(session, [found.invitation_id]).get(found.invitation_id, (None, ""))[0]
    hidden = [found.text[start:end] for start, end in found.masks]
    values = {
        "r": seen(found, brands),
        "case_id": case_id,
        "ours": found.source == reviews.OURS,
        "grounds": [(one.value, one.words(language())) for one in Ground],
        "typed": typed or "\n".join(dict.fromkeys(hidden)),
        "doubts": [(one.reason, one.at, one.closed_at, one.finding) for one in told],
        "open_doubts": sum(one.closed_at is None for one in told),
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("reviews/page.html", **values), status)


def _judge() -> Judge:
    return Judge(me().actor, services().keyring)


def _after(row: ReviewRow) -> str:
    return f"{(row.deposited_at - _EPOCH) // timedelta(microseconds=1)}-{row.id.hex}"


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    found = _AFTER.fullmatch(text)
    return None if found is None else (_EPOCH + timedelta(microseconds=int(found[1])), UUID(hex=found[2]))
