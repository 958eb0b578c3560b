"""Pages of experiments: those that versions of the rules declared, one with its arms, and how big it must be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.experiments import Plan, Stage, days_needed, plan_of
from surveyor.core.experiments.holdout import WITHIN
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.find_experiments import Found, counted, declared_experiments, find_experiment
from surveyor.flows.measure_holdout import measure_holdout
from surveyor.flows.plan_experiment import plan_experiment
from surveyor.web.experiments.forms import PlanForm, rate
from surveyor.web.experiments.shown import Shown, arms_shown, comparisons_shown, effect_shown, key_words, value_words
from surveyor.web.here import now, page_keeper, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("experiments", __name__, url_prefix="/experiments")
#: When answers are compared at all: until the declared end a page shows counts (rules.md, 17).
TOLD = (Stage.LATE, Stage.OVER, Stage.STOPPED)


def today() -> date:
    """The day where the installation is."""
    return now().astimezone(ZoneInfo(services().settings.time_zone)).date()


def find(rule: str, name: str) -> Found:
    """The experiment of an address; NotFound when no version declared it."""
    found = find_experiment(services().read_sessions, rule, name, today=today())
    if found is None:
        raise NotFound("experiment")
    return found


@area.get("")
@needs("read", "experiments")
def listing() -> Response:
    with services().read_sessions() as session:
        found = [counted(session, one, today=today()) for one in declared_experiments(session)]
    size, complaints = _asked_size()
    values = {"found": found, "asked": request.args, "size": size, "complaints": complaints}
    return make_response(render_template("experiments/listing.html", **values))


@area.get("/holdout")
@needs("read", "experiments")
def holdout() -> Response:
    found = measure_holdout(services().read_sessions, today=today(), keeper=page_keeper())
    values = {"found": found, "shown": effect_shown(found.effect) if found else None, "within": WITHIN}
    return make_response(render_template("experiments/holdout.html", **values))


@area.get("/<rule>/<name>")
@needs("read", "experiments", find=find)
def page(rule: str, name: str) -> Response:
    return _page(g.found)


@area.post("/<rule>/<name>/plan")
@needs("write", "experiments", find=find)
def plan(rule: str, name: str) -> Response:
    form = PlanForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints)
    try:
        rates = form.rates()
        plan_experiment(services().sessions, (rule, name), rates=rates, by=me().actor, now=now(), today=today())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints)
    return redirect(url_for("experiments.page", rule=rule, name=name, saved=1), 303)


def _page(found: Found, status: int = 200, complaints: Sequence[Complaint] = ()) -> Response:
    values = {
        "found": found,
        "one": found.declared,
        "keys": _keys(found),
        "arms": arms_shown(found),
        "comparisons": comparisons_shown(found),
        "complaints": list(complaints),
        "asked": request.form if request.method == "POST" else {},
        "saved": "saved" in request.args,
        "days": _days(found),
        "told": found.stage in TOLD,
    }
    return make_response(render_template("experiments/page.html", **values), status)


def _keys(found: Found) -> dict[str, list[Shown]]:
    """What each arm changes, in words."""
    return {
        arm.name: [Shown(key_words(key), value_words(key, value)) for key, value in arm.overrides.items()]
        for arm in found.declared.experiment.arms
    }


def _days(found: Found) -> int | None:
    """How many days its deliveries will have taken, at the pace so far."""
    experiment, plan_ = found.declared.experiment, found.plan
    running = found.stage is Stage.RUNNING
    if not running or plan_ is None or experiment.starts is None or today() <= experiment.starts:
        return None
    lived = (min(today(), experiment.ends or today()) - experiment.starts).days
    delivered = sum(arm.delivered for arm in found.arms)
    weights = tuple(arm.weight for arm in experiment.arms)
    return days_needed(plan_.plan, delivered_a_day=delivered / max(1, lived), shares=weights)


def _asked_size() -> tuple[Plan | None, list[Complaint]]:
    """The size for the two rates of the address."""
    given = {name: request.args.get(name, "") for name in ("base", "target")}
    if not all(given.values()):
        return None, []
    rates = [rate(value) for value in given.values()]
    wrong = [_no_rate(name) for name, found in zip(given, rates, strict=True) if found is None]
    if wrong:
        return None, wrong
    try:
        return plan_of(rates[0] or 0.0, rates[1] or 0.0), []
    except Refused as refused:
        return None, refused.complaints


def _no_rate(name: str) -> Complaint:
    fr, en = "Attendu : un pourcentage, par exemple 12 ou 12,5.", "Expected a percentage, such as 12 or 12.5."
    return Complaint(name, "field_value", fr, en)
