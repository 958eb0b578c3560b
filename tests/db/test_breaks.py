"""What changed inside a trend: versions after the first, each once, whatever languages it has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from surveyor.db.breaks import Break, breaks
from surveyor.db.tables.emails import EmailTemplate
from surveyor.db.tables.rules import Questionnaire
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
        assert breaks(session, FIRST, LAST) == [
            Break("questions", at("2026-02-05T09:00"), "nps", 2),
            Break("rules", at("2026-02-10T09:00"), "", 2),
            Break("email", at("2026-02-15T09:00"), "invitation", 2),
        ]
