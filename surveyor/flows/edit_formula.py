"""Another formula of the CustScore: coefficients from 8 to 13, targets, what a missing item does, least coverage.

Versions never change: the next one is in force once it is saved, and every night keeps the one it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from surveyor.core.custscore_formula import (
    OURS,
    Formula,
    check_coverage,
    check_setting,
    formula_from_plain,
    wrong_value,
)
from surveyor.core.custscore_items import COEFFICIENTS, HIGHEST, LOWEST, SETTINGS, Setting
from surveyor.core.quoting import french
from surveyor.core.rounding import read_number
from surveyor.db import audit, scores
from surveyor.db.scores import FormulaRow
from surveyor.errors import Complaint, Refused
from surveyor.flows.again import again
from surveyor.flows.manage_users import Actor
from surveyor.flows.measure_custscore import formula_in_force

MOST_WHY = 500


@dataclass(frozen=True, slots=True)
class Typed:
    """A formula as somebody typed it. settings: item -> number of its normaliser -> text. coverage: percent, as text.

    What is not given stays as it is in force.
    """

    coefficients: Mapping[str, str] = field(default_factory=dict)
    zero: Sequence[str] = ()
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    coverage: str = ""
    why: str = ""


def edit_formula(sessions: Any, typed: Typed, *, by: Actor, now: datetime, ours: Formula = OURS) -> Formula:
    """The next version. ours: what is in force when nobody saved one yet.

    Raises Refused: 422 `field_value` for each number that will not do, `field_unknown`, `field_required`.
    """
    return again(lambda: _edit(sessions, typed, by, now, ours))  # of two who save at once, each gets its number


def _edit(sessions: Any, typed: Typed, by: Actor, now: datetime, ours: Formula) -> Formula:
    wrong: list[Complaint] = []
    with sessions.begin() as session:
        before = formula_in_force(session, ours)
        made = _read(typed, before, wrong)
        if not typed.why.strip() or len(typed.why) > MOST_WHY:
            fr, en = "Dites pourquoi, en 500 caractères au plus.", "Say why, in 500 characters at most."
            wrong.append(Complaint("why", "field_required", fr, en))
        if wrong:
            raise Refused(wrong)
        made = replace(made, number=before.number + 1, why=typed.why.strip(), at=now)
        _keep(session, made, before, {"version": made.number, **made.to_plain()}, by, now)
    return made


def restore_formula(sessions: Any, number: int, *, by: Actor, now: datetime, ours: Formula = OURS) -> Formula | None:
    """An old version again, as the next one; None when there is no such version, or it is the one in force."""
    return again(lambda: _restore(sessions, number, by, now, ours))


def _restore(sessions: Any, number: int, by: Actor, now: datetime, ours: Formula) -> Formula | None:
    with sessions.begin() as session:
        before = formula_in_force(session, ours)
        row = next((one for one in scores.formulas(session) if one.number == number), None)
        body = row.body if row is not None else ours.to_plain() if number == ours.number else None
        if body is None or number == before.number:
            return None
        made = formula_from_plain(body, number=before.number + 1, why=f"v{number}", at=now)
        _keep(session, made, before, {"version": made.number, "of": number}, by, now)
    return made


def _keep(session: Any, made: Formula, before: Formula, after: Mapping[str, Any], by: Actor, now: datetime) -> None:
    """The next version, and the line of the audit that says what it replaces."""
    scores.add_formula(session, FormulaRow(made.number, made.to_plain(), made.why, by.name, now))
    states = ({"version": before.number, **({} if "of" in after else before.to_plain())}, after)
    entry = audit.Entry(by.name, "custscore.formula", "custscore", *states, made.why, by.ip_prefix, by.request_id)
    audit.append(session, entry, now=now)


def _read(typed: Typed, before: Formula, wrong: list[Complaint]) -> Formula:
    wrong += [
        _unknown(item) for item in [*typed.coefficients, *typed.zero, *typed.settings] if item not in COEFFICIENTS
    ]
    given = {item: text.strip() for item, text in typed.coefficients.items() if item in COEFFICIENTS}
    wrong += [
        wrong_value(item, text[:20], f"un entier de {LOWEST} à {HIGHEST}", f"an integer from {LOWEST} to {HIGHEST}")
        for item, text in given.items()
        if not _is_coefficient(text)
    ]
    weights = {**before.coefficients, **{item: int(text) for item, text in given.items() if _is_coefficient(text)}}
    settings = dict(before.settings)
    for item, texts in typed.settings.items():
        if item in COEFFICIENTS:
            found = _setting(item, texts, before.setting(item), wrong)
            if found is not None:
                settings[item] = found
    coverage = before.min_coverage
    if typed.coverage.strip():
        percent = _number(typed.coverage)
        share = percent / 100 if isinstance(percent, float) else typed.coverage[:20]
        coverage = check_coverage(share, "coverage", wrong)
    return Formula(
        coefficients={item: one for item, one in weights.items() if one != COEFFICIENTS[item]},
        zero_if_missing=tuple(sorted(set(typed.zero) & set(COEFFICIENTS))),
        settings={item: one for item, one in settings.items() if one != SETTINGS[item]},
        min_coverage=coverage,
    )


def _setting(item: str, texts: Mapping[str, str], before: Setting, wrong: list[Complaint]) -> Setting | None:
    values: dict[str, Any] = dict(before.values)
    values |= {name: _number(text) for name, text in texts.items() if name in values and text.strip()}
    return check_setting(before.normaliser, values, item, wrong)


def _number(text: str) -> float | str:
    """A number as people type it, else the text, which is then refused."""
    found = read_number(text)
    return text[:20] if found is None else found


def _is_coefficient(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4 and LOWEST <= int(text) <= HIGHEST


def _unknown(item: str) -> Complaint:
    fr, en = f"{item[:40]} n'est pas un indicateur du CustScore.", f"{item[:40]} is not an item of the CustScore."
    return Complaint(item[:40], "field_unknown", french(fr), en)
