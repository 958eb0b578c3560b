"""What changed inside a trend: versions after the first, each once, whatever languages it has."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from surveyor.core.indicators import find
from surveyor.db.breaks import Break, breaks
from surveyor.db.tables.emails import EmailTemplate
from surveyor.db.tables.rules import Questionnaire
from surveyor.flows.note_definitions import note_definitions
from tests.flows.orders import at, use_rules

FIRST, LAST = at("2026-02-01T00:00"), at("2026-03-01T00:00")


def test_versions_after_the_first_are_breaks_in_the_order_of_time(sessions: Any) -> None:
    for number, day in enumerate(("2026-01-01", "2026-02-10", "2026-03-01"), start=1):
        assert use_rules(sessions, f'[[rule]]\nid = "r{number}"\n', now=at(f"{day}T09:00")) == number
    with sessions.begin() as session:
        for version, day in ((1, "2026-02-03"), (2, "2026-02-05")):
            then = at(f"{day}T09:00")
            session.add(Questionnaire(survey="nps", version=version, body={}, author="ana", published_at=then))
            for language in ("fr", "en"):
                text = {"subject": "s", "text": "t", "html": "h", "sha256": bytes(32)}
                row = EmailTemplate(kind="invitation", language=language, version=version, **text)
                row.published_at = then + timedelta(days=10)
                session.add(row)
    with sessions() as session:
        assert breaks(session, FIRST, LAST, of=()) == [
            Break("questions", at("2026-02-05T09:00"), "nps", 2),
            Break("rules", at("2026-02-10T09:00"), "", 2),
            Break("email", at("2026-02-15T09:00"), "invitation", 2),
        ]


def test_a_raised_definition_is_a_break_of_its_own_indicator_once(sessions: Any) -> None:
    nps, rate = find("nps"), find("response_rate")
    first = note_definitions(sessions, now=at("2026-02-02T03:00"))
    assert first["nps"] == 1
    raised = [replace(nps, definition_version=2), rate]
    assert note_definitions(sessions, now=at("2026-02-10T03:00"), entries=raised) == {"nps": 2}
    assert note_definitions(sessions, now=at("2026-02-11T03:00"), entries=raised) == {}
    assert note_definitions(sessions, now=at("2026-02-12T03:00")) == {}, "an older program beside a newer one"
    with sessions() as session:
        assert breaks(session, FIRST, LAST, of=("nps", "response_rate")) == [
            Break("definition", at("2026-02-10T03:00"), "nps", 2)
        ]
        assert breaks(session, FIRST, LAST, of=("response_rate",)) == []
