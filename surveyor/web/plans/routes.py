"""Pages of action plans: the list, a new one, one with its figures before and after."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from surveyor.core.indicators import Envelope
from surveyor.core.periods import local_date
from surveyor.core.plans import share
from surveyor.core.scope import Reach, Scope
from surveyor.core.searching import fold
from surveyor.db import plans, stores, users
from surveyor.db.base import new_id
from surveyor.db.plans import Listed, Plan
from surveyor.errors import NotFound, Refused
from surveyor.flows.confirm_action import Choice, choices, linked
from surveyor.flows.measure_custscore import Of
from surveyor.flows.measure_nps import measure_nps
from surveyor.flows.plan_action import STATUSES, Measured, Progress, add_plan, change_plan, holds, measure, visible
from surveyor.web.dashboard.routes import names_of
from surveyor.web.errors import Stop
from surveyor.web.fields import plain_text, required, wrong_value
from surveyor.web.forms import StaffForm
from surveyor.web.here import now, page_keeper, services
from surveyor.web.inbox.found import identifier
from surveyor.web.inbox.routes import names as label_names
from surveyor.web.language import language, text
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
area = Blueprint("plans", __name__, url_prefix="/plans")


class PlanForm(StaffForm):
    """A plan as it is written down."""

    id = StringField()
    title = StringField(validators=[required("plans.field.title"), plain_text("plans.field.title", most=120)])
    label = StringField()
    scope = StringField()
    owner = StringField()
    starts_on = StringField(validators=[required("plans.field.starts_on")])
    due_on = StringField()
    note = StringField(validators=[plain_text("plans.field.note", most=2000, lines=True)])
    experiment = StringField()

    def validate_experiment(self, field: Any) -> None:
        """An arm of an experiment, or none."""
        _check_experiment(field)

    def validate_starts_on(self, field: Any) -> None:
        """A day."""
        if day_of(field.data) is None:
            raise wrong_value(field, "plans.field.starts_on", fr="un jour, 2026-11-28", en="a day, 2026-11-28")

    def validate_due_on(self, field: Any) -> None:
        """A day, or nothing."""
        if field.data and day_of(field.data) is None:
            raise wrong_value(field, "plans.field.due_on", fr="un jour, 2026-11-28", en="a day, 2026-11-28")

    def validate_scope(self, field: Any) -> None:
        """Stores of the reader."""
        try:
            with services().sessions() as session:
                known = holds(session, me().reach, field.data or _mine())
        except Refused:
            known = False
        if not known:
            raise wrong_value(field, "plans.field.scope", fr="des magasins à vous", en="stores of yours")

    def validate_label(self, field: Any) -> None:
        """A label, or everything."""
        if field.data and field.data not in label_names():
            raise wrong_value(field, "plans.field.label", fr="un libellé de la liste", en="a label of the list")


class StatusForm(StaffForm):
    """How a plan goes."""

    status = StringField()
    note = StringField(validators=[plain_text("plans.field.note", most=2000, lines=True)])
    experiment = StringField()

    def validate_experiment(self, field: Any) -> None:
        """An arm of an experiment, or none."""
        _check_experiment(field)

    def validate_status(self, field: Any) -> None:
        """One of three."""
        if field.data not in STATUSES:
            raise wrong_value(field, "plans.field.status", fr=", ".join(STATUSES), en=", ".join(STATUSES))


def day_of(text: str | None) -> date | None:
    """The day of an input; None when it is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def find_plan(plan_id: str) -> Listed:
    """The plan of an address when it touches the reader's scopes; NotFound otherwise."""
    ident = identifier(plan_id, "plan")
    with services().sessions() as session:
        found = plans.find(session, ident)
        if found is None or not visible(session, me().reach, found.plan.scope):
            raise NotFound("plan")
    return found


@area.get("")
@needs("read", "labels")
def listing() -> Response:
    """Every plan that touches the reader's stores, and the form of a new one."""
    return _listing()


@area.post("")
@needs("write", "cases")
def add() -> Response:
    """Write down a plan."""
    form = PlanForm.posted()
    complaints = form.complaints()
    names = ("title", "label", "scope", "owner", "starts_on", "due_on", "note", "experiment")
    typed = {name: form[name].data or "" for name in names}
    if complaints:
        return _listing(422, complaints, typed)
    owner = next((UUID(hex=key) for key, _ in _people() if key == typed["owner"]), me().id)
    starts = day_of(typed["starts_on"])
    # The page drew the id: a form sent twice is one plan.
    ident = UUID(hex=form.id.data) if _ID.fullmatch(form.id.data or "") else new_id(now())
    assert starts is not None
    scope = str(Scope.parse(typed["scope"] or _mine()))
    plan = Plan(
        ident,
        typed["title"].strip(),
        typed["label"],
        scope,
        owner,
        starts,
        day_of(typed["due_on"]),
        "open",
        typed["note"].strip(),
        me().id.hex,
        now(),
        typed["experiment"],
    )
    add_plan(services().sessions, plan, by=me().actor, now=now())
    return redirect(url_for("plans.page", plan_id=ident.hex), 303)


@area.get("/<plan_id>")
@needs("read", "labels", find=find_plan)
def page(plan_id: str) -> Response:
    """One plan and what is measured around it."""
    return _page(g.found)


@area.post("/<plan_id>")
@needs("write", "cases", find=find_plan)
def change(plan_id: str) -> Response:
    """Say how a plan goes."""
    with services().sessions() as session:
        may = holds(session, me().reach, g.found.plan.scope)
    if not may:
        raise Stop("not_allowed", 403, where="path", role=me().role)
    form = StatusForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    given = Progress(form.status.data or "", (form.note.data or "").strip(), form.experiment.data)
    change_plan(services().sessions, g.found.plan.id, given, by=me().actor, now=now())
    return redirect(url_for("plans.page", plan_id=plan_id, saved=1), 303)


def _mine() -> str:
    """The scope of a plan that names none: all that its author may see, when one scope says it."""
    reach = me().reach
    return str(reach[0]) if len(reach) == 1 else ""


def _listing(status: int = 200, complaints: Any = (), typed: dict[str, str] | None = None) -> Response:
    with services().sessions() as session:
        found = [one for one in plans.listed(session) if visible(session, me().reach, one.plan.scope)]
        places = {one.plan.scope: names_of(session, Scope.parse(one.plan.scope)) for one in found}
        shops = stores.shops(session, me().reach)
        experiments = _experiments(session)
    today = local_date(now(), services().settings.time_zone)
    empty = dict.fromkeys(("title", "label", "owner", "due_on", "note", "experiment"), "")
    values: dict[str, Any] = {
        "rows": found,
        "places": places,
        "label_name": label_names(),
        "scopes": _scopes(shops),
        "people": _people(),
        "experiments": experiments,
        "typed": typed or {**empty, "scope": "", "starts_on": today.isoformat(), "owner": me().id.hex},
        "complaints": list(complaints),
        "ident": new_id(now()).hex,
    }
    return make_response(render_template("plans/listing.html", **values), status)


def _page(found: Listed, status: int = 200, complaints: Any = ()) -> Response:
    today = local_date(now(), services().settings.time_zone)
    with services().read_sessions() as session:
        reach = visible(session, me().reach, found.plan.scope)
        may = bool(me().may("write", "cases")) and holds(session, me().reach, found.plan.scope)
        measured = measure(session, found, reach, today=today)
        nps = _nps(session, measured, found, reach)
        place = names_of(session, Scope.parse(found.plan.scope))
        told, experiments = linked(session, found.plan, today=today), _experiments(session, found.plan.experiment)
    values: dict[str, Any] = {
        "told": told,
        "arm_words": arm_words,
        "experiments": experiments,
        "found": found,
        "plan": found.plan,
        "place": place,
        "label_name": label_names(),
        "m": measured,
        "nps": nps,
        "share_of": share,
        "may": may,
        "statuses": STATUSES,
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("plans/page.html", **values), status)


def _experiments(session: Any, kept: str = "") -> list[tuple[str, str]]:
    """The arms that an action may name. kept: the one it names already."""
    found = {one.value: arm_words(one) for one in choices(session)}
    return list(({kept: kept} | found if kept else found).items())


def arm_words(one: Choice) -> str:
    """The rule, the experiment and the arm of a choice, as a person reads them."""
    of = {"rule": one.declared.rule.name, "name": one.declared.experiment.name, "arm": one.arm}
    return text("plans.experiment.arm", **of)


def _check_experiment(field: Any) -> None:
    with services().sessions() as session:
        kept = g.found.plan.experiment if "found" in g else ""
        known = {"", *(value for value, _ in _experiments(session, kept))}
    if field.data and field.data not in known:
        raise wrong_value(field, "plans.field.experiment", fr="un bras de la liste", en="an arm of the list")


def _nps(session: Any, measured: Measured, found: Listed, reach: Reach) -> list[Envelope]:
    """Before and after, each with the interval of people that it has on other pages."""
    if measured.windows is None:
        return []
    scope, zone = Scope.parse(found.plan.scope), services().settings.time_zone
    sides = (measured.windows.before, measured.windows.after)
    return [
        measure_nps(session, Of(scope, reach, side, now(), zone), language=language(), keeper=page_keeper())
        for side in sides
    ]


def _scopes(shops: Any) -> list[tuple[str, str]]:
    regions = {f"region:{one.region_id}": one.region for one in shops if one.region_id}
    found = sorted(regions.items(), key=lambda one: fold(one[1]))
    return [*found, *sorted(((f"store:{one.id}", one.name) for one in shops), key=lambda one: fold(one[1]))]


def _people() -> list[tuple[str, str]]:
    """Those to whom a plan may be given: colleagues are named to the network's roles alone."""
    person = me()
    mine = [(person.id.hex, person.account.name or person.account.email)]
    if person.role not in ("admin", "cx"):
        return mine
    with services().sessions() as session:
        return [(one.id.hex, one.name or one.email) for one in users.everybody(session) if one.active]
