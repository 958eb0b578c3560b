"""Who gets which report: one's own first, those of the people one may choose for below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from surveyor.core.reports.editions import EDITION_OF_ROLE, KINDS
from surveyor.db import reports, users
from surveyor.errors import NotFound, Refused
from surveyor.flows.choose_reports import Choice, choose_reports, editions_for, may_choose_for
from surveyor.flows.queue_reports import of
from surveyor.web.forms import StaffForm
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("report_subscriptions", __name__, url_prefix="/reports/subscriptions")
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


class ChoiceForm(StaffForm):
    """A choice: for whom, which kind, for which stores, which edition; `active` 1 or 0."""

    user = StringField()
    kind = StringField()
    scope = StringField()
    edition = StringField()
    active = StringField()


@dataclass(frozen=True, slots=True)
class Line:
    """One report that a person gets, or may get: what is in force, and whether by choice."""

    kind: str
    scope: str
    edition: str
    active: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, and their reports."""

    account: users.Account
    lines: tuple[Line, ...]
    editions: tuple[str, ...]


@area.get("")
@needs("write", "subscriptions")
def page() -> Response:
    return _page()


@area.post("")
@needs("write", "subscriptions")
def choose() -> Response:
    form = ChoiceForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(422, complaints)
    user = form.user.data or me().id.hex
    if not _ID.fullmatch(user):
        raise NotFound("user")
    choice = Choice(
        user_id=UUID(hex=user),
        kind=form.kind.data or "",
        edition=form.edition.data or EDITION_OF_ROLE.get(me().role, "store"),
        active=form.active.data == "1",
        scope=form.scope.data or "",
    )
    try:
        choose_reports(services().sessions, choice, by=me().actor, actor=me().account, now=now())
    except Refused as refused:
        return _page(refused.status, refused.complaints)
    return redirect(url_for("report_subscriptions.page", saved=1), 303)


def _page(status: int = 200, complaints: Any = ()) -> Response:
    with services().sessions() as session:
        everybody = [one for one in users.everybody(session) if one.active]
        mine = [one for one in everybody if may_choose_for(session, me().account, one)]
        chosen = reports.choices(session, users=[one.id for one in mine])
    people = [_person(one, [row for row in chosen if row.user_id == one.id]) for one in mine]
    values = {
        "own": next((one for one in people if one.account.id == me().id), None),
        "others": [one for one in people if one.account.id != me().id],
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("reports/subscriptions.html", **values), status)


def _person(account: users.Account, chosen: list[reports.Chosen]) -> Person:
    lines = []
    for kind in KINDS:
        gets = {one.scope: one for one in of(account, kind, chosen)}
        own = gets.pop("", None)
        refused = any(one.kind == kind and not one.scope for one in chosen)
        edition = own.edition if own else EDITION_OF_ROLE.get(account.role, "store")
        lines.append(Line(kind, "", edition, own is not None, own.chosen if own else refused))
        lines += [Line(kind, scope, one.edition, True, True) for scope, one in sorted(gets.items())]
    return Person(account, tuple(lines), editions_for(account.role))
