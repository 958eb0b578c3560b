"""The formula of the CustScore: its coefficients, targets and least coverage, and the versions before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.custscore_formula import OURS, Formula
from surveyor.core.custscore_items import COEFFICIENTS, HIGHEST, LOWEST, SETTINGS
from surveyor.core.rounding import rounded
from surveyor.db import scores
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.edit_formula import Typed, edit_formula, restore_formula
from surveyor.flows.measure_custscore import file_formula, formula_in_force, formula_of, usable_formula
from surveyor.web.composites.custscore import decimal, how_words
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import text
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("formula", __name__, url_prefix="/custscore/formula")


@area.get("")
@needs("read", "indicators")
def page() -> Response:
    return _page()


@area.post("")
@needs("write", "labels")
def save() -> Response:
    used = _in_force()
    inputs = {f"set_{item}_{name}": (item, name) for item in COEFFICIENTS for name in used.setting(item).values}
    names = [*COEFFICIENTS, *(f"zero_{item}" for item in COEFFICIENTS), *inputs, "coverage", "why"]
    given = declared(read_fields(), names)
    settings: dict[str, dict[str, str]] = {}
    for key, (item, name) in inputs.items():
        if key in given:
            settings.setdefault(item, {})[name] = given[key]
    typed = Typed(
        coefficients={item: given[item].strip() for item in COEFFICIENTS if item in given},
        zero=[item for item in COEFFICIENTS if given.get(f"zero_{item}") == "1"],
        settings=settings,
        coverage=given.get("coverage", ""),
        why=given.get("why", ""),
    )
    try:
        edit_formula(services().sessions, typed, by=me().actor, now=now(), ours=_ours())
    except Refused as refused:
        return _page(refused.status, refused.complaints, given)
    return redirect(url_for("formula.page", saved=1), 303)


@area.post("/<number>/restore")
@needs("write", "labels")
def restore(number: str) -> Response:
    """Put an old version in force again, as the next one."""
    declared(read_fields(), [])
    made = None
    if number.isascii() and number.isdigit() and len(number) < 7:
        made = restore_formula(services().sessions, int(number), by=me().actor, now=now(), ours=_ours())
    if made is None:
        raise NotFound("formula")
    return redirect(url_for("formula.page", saved=1), 303)


def _ours() -> Formula:
    return usable_formula(services().settings.home)


def _in_force() -> Formula:
    with services().sessions() as session:
        return formula_in_force(session, _ours())


@dataclass(frozen=True, slots=True)
class Version:
    """A version as a line of the list: what of it is not ours, in words; current: it is in force."""

    formula: Formula
    changes: list[str]
    current: bool


def _version(formula: Formula, used: Formula) -> Version:
    changes = [
        f"{text(f'composites.item.{item}')} : {text('composites.custscore.coefficient', c=weight)}"
        for item, weight in formula.coefficients.items()
    ]
    changes += [f"{text(f'composites.item.{item}')} : {how_words(item, one)}" for item, one in formula.settings.items()]
    changes += [
        text("composites.formula.zero_of", item=text(f"composites.item.{item}")) for item in formula.zero_if_missing
    ]
    if formula.min_coverage != OURS.min_coverage:
        changes.append(text("composites.formula.coverage_of", n=rounded(100 * formula.min_coverage)))
    return Version(formula, changes, formula.number == used.number)


def _file_problems() -> list[Complaint]:
    try:
        file_formula(services().settings.home)
    except Refused as refused:
        return list(refused.complaints)
    return []


def _plain(value: float) -> str:
    return decimal(value, 0 if value == int(value) else 2)


def _page(status: int = 200, complaints: Any = (), typed: dict[str, str] | None = None) -> Response:
    ours = _ours()
    with services().sessions() as session:
        used = formula_in_force(session, ours)
        rows = [formula_of(row) for row in scores.formulas(session)]
    now_used = {item: str(used.coefficient(item)) for item in COEFFICIENTS}
    now_used |= {
        f"set_{item}_{name}": _plain(value)
        for item in COEFFICIENTS
        for name, value in used.setting(item).values.items()
    }
    now_used["coverage"] = _plain(100 * used.min_coverage)
    zero = used.zero_if_missing
    if typed is not None:
        zero = tuple(item for item in COEFFICIENTS if typed.get(f"zero_{item}") == "1")
    values = {
        "used": used,
        "items": list(COEFFICIENTS),
        "hows": {item: how_words(item, used.setting(item)) for item in COEFFICIENTS},
        "params": {item: list(used.setting(item).values) for item in SETTINGS},
        "typed": {**now_used, **(typed or {})},
        "zero": zero,
        "ends": (LOWEST, HIGHEST),
        "versions": [_version(one, used) for one in [*rows, ours]],
        "file_problems": _file_problems(),
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("composites/formula.html", **values), status)
