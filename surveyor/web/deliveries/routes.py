"""Pages of deliveries: rates by group of recipient domains, the latest emails, the story of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.indicators import Facts, View, envelope, find
from surveyor.core.indicators.measures import Measure, rate
from surveyor.core.tally import ZERO, Tally
from surveyor.db import email_story
from surveyor.db.deliverability import Group
from surveyor.db.email_story import EmailStory
from surveyor.errors import NotFound
from surveyor.flows.keep_counts import Ask, plain
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import delivery_events, place_name
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.deliveries.timeline import timeline
from surveyor.web.explain.routes import why
from surveyor.web.here import now, page_keeper, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("deliveries", __name__, url_prefix="/deliveries")
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Line:
    """One group of domains: what was sent and the rates of the registry over it; `name` "" is all of them."""

    name: str
    sent: Any
    delivered: Any
    complained: Any
    hard: Measure
    soft: Measure
    rejected: Measure
    deferred: Measure


def find_story(email_id: str) -> EmailStory:
    """The email of an address when it is inside the reader's scopes; NotFound otherwise."""
    if not _ID.fullmatch(email_id):
        raise NotFound("email")
    with services().sessions() as session:
        found = email_story.story(session, me().reach, UUID(hex=email_id))
    if found is None:
        raise NotFound("email")
    return found


@area.get("")
@needs("read", "indicators")
def listing() -> Response:
    wanted = request.args.get("q", "").strip()[:200]
    with services().read_sessions() as session:
        asked = question.read(session)
        said = plain.counted(session, page_keeper(), Ask("groups", asked.reach, asked.period))
        groups = plain.groups(said or [])
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
        may_see = bool(me().may("read", "suppressions"))
        emails = email_story.latest(session, me().reach, about=wanted) if may_see else []
    view = View(asked.period, asked.scope, asked.today, language())
    whole = Group("", Tally.sum(one.tally for one in groups) if groups else ZERO, sum(one.deferred for one in groups))
    values = {
        "asked": asked,
        "filters": filters,
        "place": place,
        "days": days_name(asked.period),
        "lines": [_line(one, view) for one in (*groups, whole)] if groups else [],
        "counting": said is None,
        "assumed": not delivery_events(),
        "emails": emails,
        "may_see": may_see,
        "q": wanted,
        "why": why,
    }
    return make_response(render_template("deliveries/listing.html", **values))


@area.get("/<email_id>")
@needs("read", "suppressions", find=find_story)
def page(email_id: str) -> Response:
    story: EmailStory = g.found
    values = {"story": story, "moments": timeline(story), "why": why, "at": now()}
    return make_response(render_template("deliveries/page.html", **values))


def _line(group: Group, view: View) -> Line:
    facts = Facts(delivery_events=delivery_events())
    sent, delivered, complained = (
        envelope(find(name), group.tally, view, facts) for name in ("sent", "delivery_rate", "complaint_rate")
    )
    of_sent = {
        name: rate(count, group.tally.sent)
        for name, count in (
            ("hard", group.tally.bounced_hard),
            ("soft", group.tally.bounced_soft),
            ("rejected", group.tally.rejected),
            ("deferred", group.deferred),
        )
    }
    return Line(group.name, sent, delivered, complained, **of_sent)
