"""Pages of reports that left: the list, each as it was read, its follow-up, links to it and who opened it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from surveyor.core.reports.drawing import about
from surveyor.db import report_pages
from surveyor.errors import NotFound
from surveyor.flows.follow_report import follow_report
from surveyor.flows.open_report import LinkEnded, Opened, listed, note_read, open_report, open_share
from surveyor.flows.share_report import DAYS, path_of, revoke_share, share_report
from surveyor.web.errors import Stop
from surveyor.web.forms import StaffForm, press
from surveyor.web.here import now, services
from surveyor.web.reports.files import draw, level
from surveyor.web.reports.voice import printed
from surveyor.web.security.gate import anybody, needs
from surveyor.web.security.people import me

area = Blueprint("sent_reports", __name__)
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


class ShareForm(StaffForm):
    """For how many days a link lives."""

    days = StringField()


class FollowForm(StaffForm):
    """What became of a recommendation; place: its number on the page, from 0."""

    place = StringField()
    status = StringField()


def find(report_id: str, **_more: str) -> Opened:
    """The report of an address, inside the reader's scopes; NotFound for anything else."""
    if not _ID.fullmatch(report_id):
        raise NotFound("report")
    with services().sessions() as session:
        return open_report(session, UUID(hex=report_id), reach=me().reach)


@area.get("/reports/sent")
@needs("read", "reports")
def listing() -> Response:
    with services().sessions() as session:
        copies = listed(session, user_id=me().id, reach=me().reach)
    return make_response(render_template("reports/sent.html", copies=copies))


@area.get("/reports/sent/<report_id>")
@needs("read", "reports", find=find)
def page(report_id: str) -> Response:
    """The report as it left. Opening it is written down, for whoever keeps subscriptions."""
    note_read(services().sessions, email_id=g.found.copy.email_id, user_id=me().id, now=now())
    return _page(g.found)


@area.get("/reports/sent/<report_id>/pdf")
@needs("read", "reports", find=find)
def pdf(report_id: str) -> Response:
    """The same on paper; printing it is reading it."""
    note_read(services().sessions, email_id=g.found.copy.email_id, user_id=me().id, now=now())
    return printed(g.found.report)


@area.post("/reports/sent/<report_id>/share")
@needs("write", "export", find=find)
def share(report_id: str) -> Response:
    form = ShareForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    copy = g.found.copy
    days = int(form.days.data) if (form.days.data or "").isdecimal() else 0
    share_report(
        services().sessions,
        copy=(copy.email_id, copy.n),
        days=days,
        by=me().actor,
        keys=services().keyring,
        now=now(),
    )
    return redirect(url_for("sent_reports.page", report_id=report_id) + "#links", 303)


@area.post("/reports/sent/<report_id>/share/<share_id>/revoke")
@needs("write", "export", find=find)
def revoke(report_id: str, share_id: str) -> Response:
    press()
    if not _ID.fullmatch(share_id):
        raise NotFound("link")
    email = g.found.copy.email_id
    revoke_share(services().sessions, share_id=UUID(hex=share_id), email_id=email, by=me().actor, now=now())
    return redirect(url_for("sent_reports.page", report_id=report_id) + "#links", 303)


@area.post("/reports/sent/<report_id>/follow")
@needs("write", "export", find=find)
def follow(report_id: str) -> Response:
    form = FollowForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    place = int(form.place.data) if (form.place.data or "").isdecimal() else -1
    follow_report(
        services().sessions, opened=g.found, place=place, status=form.status.data or "", by=me().actor, now=now()
    )
    return redirect(url_for("sent_reports.page", report_id=report_id) + "#advice", 303)


@area.get("/shared/<link>")
@anybody
def shared(link: str) -> Response:
    """One report for whoever has its link; nothing else of the installation."""
    try:
        with services().sessions() as session:
            found = open_share(session, link, now=now())
    except LinkEnded:
        raise Stop("report_link_ended", 410, where="path") from None
    g.language = found.report.language
    return make_response(render_template("reports/shared.html", r=found.report, level=level, draw=draw, about=about))


def _page(found: Opened, status: int = 200, complaints: Any = ()) -> Response:
    copy = found.copy
    keeps = me().may("write", "subscriptions")
    with services().sessions() as session:
        links = report_pages.shares(session, copy.email_id)
        readings = report_pages.readings(session, copy.email_id)
        said = report_pages.statuses(session, copy.scope, copy.period)
    base = services().settings.base_url
    values: dict[str, Any] = {
        "r": found.report,
        "copy": copy,
        "level": level,
        "draw": draw,
        "about": about,
        "statuses": [said.get((one.rule, one.unit), "") for one in found.report.advice],
        "links": [(one, base + path_of(services().keyring, one), one.opens(now())) for one in links],
        "readings": readings if keeps and keeps.limit != "own" else None,
        "days": DAYS,
        "complaints": list(complaints),
    }
    return make_response(render_template("reports/sent_one.html", **values), status)
