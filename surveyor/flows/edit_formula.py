"""Another formula of the CustScore: coefficients from 8 to 13, and what a missing item does; versions never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from surveyor.core.custscore import COEFFICIENTS, HIGHEST, LOWEST
from surveyor.core.quoting import french
from surveyor.db import audit, scores
from surveyor.db.scores import FormulaRow
from surveyor.errors import Complaint, Refused
from surveyor.flows.manage_users import Actor
from surveyor.flows.measure_custscore import Formula, formula_in_force


def edit_formula(
    sessions: Any, coefficients: Mapping[str, str], zero: Sequence[str], *, why: str, by: Actor, now: datetime
) -> Formula:
    """The next version. Raises Refused: 422 `field_value` for each coefficient outside 8..13, `field_required`."""
    complaints = [_wrong(item, text) for item, text in coefficients.items() if not _is_one(text)]
    complaints += [_unknown(item) for item in [*coefficients, *zero] if item not in COEFFICIENTS]
    if not why.strip() or len(why) > 500:
        fr, en = "Dites pourquoi, en 500 caractères au plus.", "Say why, in 500 characters at most."
        complaints.append(Complaint("why", "field_required", fr, en))
    if complaints:
        raise Refused(complaints)
    chosen = {item: int(text) for item, text in coefficients.items() if int(text) != COEFFICIENTS[item]}
    body = {"coefficients": chosen, "zero_if_missing": sorted(set(zero))}
    with sessions.begin() as session:
        before = formula_in_force(session)
        number = before.number + 1
        scores.add_formula(session, FormulaRow(number, body, why.strip(), by.name, now))
        states = ({"version": before.number, "coefficients": dict(before.coefficients)}, {"version": number, **body})
        entry = audit.Entry(
            by.name, "custscore.formula", "custscore", *states, why.strip(), by.ip_prefix, by.request_id
        )
        audit.append(session, entry, now=now)
    return Formula(number, chosen, tuple(body["zero_if_missing"]), why.strip(), now)


def _is_one(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4 and LOWEST <= int(text) <= HIGHEST


def _wrong(item: str, text: str) -> Complaint:
    fr = f"{item} : {text[:20]} n'est pas accepté. Attendu : un entier de {LOWEST} à {HIGHEST}."
    en = f"{item}: {text[:20]} is not accepted. Expected: an integer from {LOWEST} to {HIGHEST}."
    return Complaint(item, "field_value", french(fr), en)


def _unknown(item: str) -> Complaint:
    fr, en = f"{item[:40]} n'est pas un indicateur du CustScore.", f"{item[:40]} is not an item of the CustScore."
    return Complaint(item[:40], "field_unknown", fr, en)
