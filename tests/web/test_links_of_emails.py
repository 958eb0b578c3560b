"""Every address of ours that an email offers is one that the application answers, whatever is in the email."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask

from surveyor.core.emails import KINDS
from surveyor.core.reports.report import Kept, Quote
from surveyor.core.tokens import keys
from surveyor.db.cases import Reply
from surveyor.db.emails import EmailFacts
from surveyor.db.emails.facts import BrandFacts, StoreFacts
from surveyor.db.notices import Notice
from surveyor.flows.compose_email import Composer
from surveyor.mail.published import load_folder
from surveyor.shipped import shipped
from tests.web.reports import REPORT

HERE = "https://avis.maison.fr"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ID = UUID("0192f1c4-7b1e-7c55-9a57-3f6b5a0e9d11")
SECRETS = keys([bytes(range(32))])
STORE = StoreFacts("S1", "Lille", "Lille")
ADDRESS = re.compile(re.escape(HERE) + r"""[^\s"'<>)]*""")
TEXTS = load_folder(shipped("emails"))
NAMES = sorted({name for name, _ in TEXTS if not name.startswith("_")})


def reply(_email: UUID) -> Reply:
    return Reply(
        text="Merci.", author="Ana", asks=True, case_id=ID, key_id=SECRETS.newest_id, score=3, day=date(2026, 11, 12),
        verbatim="Trop long.", thread=(),
    )  # fmt: skip


def notice(_email: UUID) -> Notice:
    return Notice(
        ground="insult", verbatim="x", score=2, answered_on=date(2026, 11, 12), order_id="o1", ordered_at=NOW,
        zone="Europe/Paris", language="fr", store=STORE, brand=BrandFacts(),
    )  # fmt: skip


def report(kind: str) -> Any:
    quotes = tuple(Quote(2, "Attente", "Lille", ID.hex, case) for case in (ID.hex, ""))
    first = replace(REPORT.sections[0], quotes=quotes)
    return lambda _email: Kept("store:S1", replace(REPORT, kind=kind, sections=(first, *REPORT.sections[1:])))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_an_email_is_answered(app: Flask, name: str, language: str) -> None:
    kind = name if name in KINDS or name.partition("-")[0] == "account" else "invitation"
    build = Composer(
        TEXTS, SECRETS, HERE, "Courses <avis@courses.fr>", lambda: NOW, language=language, seeds=lambda _: bytes(32),
        reports=report(kind), replies=reply, notices=notice,
    )  # fmt: skip
    facts = EmailFacts(
        email_id=ID, kind=kind, attempt=1, key_id=SECRETS.newest_id, due_at=NOW, address="ana@example.fr",
        first_name="Ana", last_name="", language=language, invitation_id=ID, survey_key_id=SECRETS.newest_id,
        zone="Europe/Paris", store=STORE, template=name if kind == "invitation" else "",
    )  # fmt: skip
    message = build(facts)
    found = {html.unescape(one) for one in ADDRESS.findall(message.text + message.html)}
    assert found
    ours = app.url_map.bind("avis.maison.fr", url_scheme="https")
    for address in sorted(found):
        parts = urlsplit(address)
        assert ours.match(parts.path, method="GET", query_args=parts.query), address
