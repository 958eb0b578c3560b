"""Pages of cases: the list with its counters, and one case with its story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.cases import MOVES, Status
from surveyor.core.indicators import find
from surveyor.core.plans import share
from surveyor.core.rounding import decimal, display_duration
from surveyor.core.searching import fold
from surveyor.db import cases, doubt_list, labels, reply_texts, stores
from surveyor.db.base import new_id
from surveyor.db.cases import Shown
from surveyor.errors import Complaint
from surveyor.flows.measure_cases import measure_cases
from surveyor.flows.measure_indicators import Question, measure
from surveyor.flows.sort_verbatims import in_force
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import now, services
from surveyor.web.inbox import found as inbox
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("inbox", __name__, url_prefix="/cases")


@area.get("")
@needs("read", "cases")
def listing() -> Response:
    """The list, by key, its filters in the address."""
    asked = inbox.wanted()
    with services().sessions() as session:
        rows = cases.listed(session, me().reach, asked, now=now())
        counts = cases.counters(session, me().reach, me=me().id, now=now())
        shops = stores.shops(session, me().reach)
        doubts = doubt_list.to_judge(session)
    more = len(rows) > inbox.PAGE
    rows = rows[: inbox.PAGE]
    values = {
        "rows": rows,
        "next": inbox.cursor(rows[-1]) if more else "",
        "asked": asked,
        "filters": inbox.filters(asked),
        "label_name": names(),
        "now": now(),
    }
    if request.headers.get("HX-Request") == "true" and asked.after is not None:
        return make_response(render_template("inbox/_rows.html", **values))
    choices = sorted(((one.id, one.name) for one in shops), key=lambda one: fold(one[1]))
    return make_response(render_template("inbox/listing.html", counts=counts, shops=choices, doubts=doubts, **values))


@area.get("/figures")
@needs("read", "cases")
def figures() -> Response:
    """How answers were answered, for a scope and a period."""
    with services().read_sessions() as session:
        asked = question.read(session)
        found = measure_cases(session, asked.reach, asked.period, now=now())
        choices = question.choices(session, asked, period_name)
        elsewhere = _elsewhere(session, asked)
    values: dict[str, Any] = {"asked": asked, "filters": choices, "days": days_name(asked.period), "m": found}
    values |= elsewhere
    values |= {"share_of": share, "duration": _duration}
    return make_response(render_template("inbox/figures.html", **values))


def _elsewhere(session: Any, asked: question.Asked) -> dict[str, Any]:
    """REV-02 and 06: what customers say of these stores on Google, where reviews were brought in."""
    about = Question(
        (find("google_volume"), find("google_rating")),
        asked.scope,
        asked.reach,
        asked.period,
        asked.today,
        language(),
        zone=services().settings.time_zone,
        now=now(),
    )
    volume, rating = measure(session, about)[0].figures
    facts = rating.facts
    said = {name: facts.get(name) for name in ("adjusted", "peer_mean")}
    shown = {name: None if one is None else decimal(float(str(one)), 2, language()) for name, one in said.items()}
    each = volume.facts.get("per_store_30_days")
    per_store = None if each is None else decimal(float(str(each)), 1, language())
    return {"google": volume, "rating": rating, "rated": shown, "per_store": per_store}


def _duration(hours: float) -> str:
    return display_duration(round(hours * 3600), language())


@area.get("/<case_id>")
@needs("read", "cases", find=inbox.find)
def page(case_id: str) -> Response:
    """One case."""
    return case_page(g.found)


def case_page(
    shown: Shown, status: int = 200, complaints: Sequence[Complaint] = (), typed: dict[str, str] | None = None
) -> Response:
    """The page of a case, again with what was typed when something is wrong."""
    case = shown.case
    with services().sessions() as session:
        carried = labels.carried(session, [case.invitation_id]) if case.invitation_id else {}
        texts = reply_texts.listed(session, language=case.language)
    chosen = next((one.body for one in texts if one.id.hex == request.args.get("text", "")), "")
    values: dict[str, Any] = {
        "shown": shown,
        "case": case,
        "carried": carried.get(case.invitation_id or UUID(int=0), []),
        "label_name": names(),
        "texts": texts,
        "typed": {"reply": chosen, **(typed or {})},
        "moves": [str(one) for one in Status if one in MOVES[Status(case.status)] and one is not Status.CLOSED],
        "owners": inbox.owners(shown),
        "entry": new_id(now()).hex,
        "now": now(),
        "complaints": list(complaints),
        "saved": request.args.get("saved", ""),
        "can_reply": bool(shown.address),
    }
    return make_response(render_template("inbox/page.html", **values), status)


def names() -> dict[str, str]:
    """Label -> its name in the reader's language."""
    with services().sessions() as session:
        lexicon = in_force(session).lexicon
    return {one.id: one.name(language()) for one in lexicon.labels}
