"""What the outside saw against what the database says: acknowledged events, hand-overs, thank-you pages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.db import ledger as rows
from surveyor.errors import Complaint, Refused
from surveyor.flows.check_invariants.finding import Finding

#: The facts of a ledger, one JSON object a line: {"saw": "acknowledged", "source": …, "event_id": …},
#: {"saw": "requested" | "accepted", "email": hex}, {"saw": "thanked", "invitation": hex}.
SAW = ("acknowledged", "requested", "accepted", "thanked")


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """The facts of a file. Raises Refused with the line that is none."""
    facts = []
    # A byte that is no letter makes its line one that is no fact: it is refused by its number.
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            fact = json.loads(line)
            known = isinstance(fact, dict) and fact.get("saw") in SAW
        except ValueError:
            known = False
        if not known:
            words = ", ".join(SAW)
            fr = f"{path.name}:{number} : objet JSON attendu, avec « saw » parmi {words}."
            en = f'{path.name}:{number}: expected a JSON object whose "saw" is one of {words}.'
            raise Refused([Complaint(f"{path.name}:{number}", "ledger_invalid", fr, en)])
        facts.append(fact)
    return facts


def against_ledger(session: Any, facts: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """E1, E4, E5 and E7 with the outside's word for it."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in SAW}
    for fact in facts:
        by_kind[str(fact["saw"])].append(fact)
    lost = [
        f"{source}:{event_id}"
        for source, event_ids in _by_source(by_kind["acknowledged"]).items()
        for event_id in sorted(event_ids - rows.known_events(session, source, event_ids))
    ]
    if lost:
        yield Finding("E1", "an acknowledged event that is not stored", len(lost), tuple(lost[:20]))
    accepted, requested = (Counter(str(f["email"]) for f in by_kind[kind]) for kind in ("accepted", "requested"))
    states = rows.email_facts(session, [UUID(hex=email) for email in accepted.keys() | requested.keys()])
    yield from _hand_overs(accepted, requested, states)
    thanked = {UUID(hex=str(fact["invitation"])) for fact in by_kind["thanked"]}
    silent = thanked - rows.answered(session, thanked)
    if silent:
        yield Finding(
            "E7", "a thank-you page without its answer", len(silent), tuple(i.hex for i in sorted(silent)[:20])
        )


def _by_source(facts: list[Mapping[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for fact in facts:
        found.setdefault(str(fact["source"]), set()).add(str(fact["event_id"]))
    return found


def _hand_overs(
    accepted: Counter[str], requested: Counter[str], states: Mapping[str, tuple[str, str | None, int]]
) -> Iterator[Finding]:
    twice = sorted(email for email, n in accepted.items() if n > 1)
    if twice:
        yield Finding("E4", "an email that was accepted twice", len(twice), tuple(twice[:20]))
    wrong = sorted(
        email
        for email in accepted
        if states.get(email, ("", None, 0))[0] in ("failed", "dropped", "pending", "leased", "")
        and states.get(email, ("", None, 0))[1] != "UNCONFIRMED"
    )
    if wrong:
        yield Finding("E4", "an accepted email that is not sent", len(wrong), tuple(wrong[:20]))
    unmeant = sorted(email for email, n in requested.items() if n > states.get(email, ("", None, 0))[2])
    if unmeant:
        yield Finding("E5", "a request without a committed intent", len(unmeant), tuple(unmeant[:20]))
