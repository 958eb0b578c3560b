"""Reports that left, written straight into the tables: for tests of their pages, not of the line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from surveyor.core.emails import domain_group
from surveyor.core.reports.report import Quote, Report, Section, Told
from surveyor.core.tokens import Purpose, digest
from surveyor.db import account_emails, reports, users
from surveyor.db.base import new_id
from surveyor.services import Services
from tests.web.links import Sent

REPORT = Report(
    kind="express",
    edition="store",
    language="fr",
    period="2026-W46",
    unit="Lille Centre",
    subject="Express semaine 46 - Lille Centre : NPS +38 sur 4 semaines",
    about="Lille Centre · 9 novembre 2026 – 15 novembre 2026",
    lead="NPS 4 semaines : +38 [+23 ; +50], 96 réponses, fiabilité moyenne.",
    sections=(
        Section("todo", "À faire cette semaine", ("1 détracteur a laissé un commentaire.",)),
        Section(
            "stores", "Magasins parmi leurs pairs (trois mois)", rows=(("Lille Centre", "au-dessus de ses pairs"),)
        ),
    ),
    advice=(Told("R9", "store:S1", "fact", "5,6 % des adresses sont refusées."),),
    closing="Rien d'autre de significatif cette semaine.",
    foot="NPS calculé sur les effectifs.",
)


def keep_report(
    here: Services, user: UUID, *, scope: str = "store:S1", quote: Sent | None = None, report: Report = REPORT
) -> UUID:
    """A report that left for somebody: the id of its email. quote: the answer whose words it repeats."""
    now = here.now()
    email_id = new_id(now)
    with here.sessions.begin() as session:
        account: Any = users.by_id(session, user)
        account_emails.add_once(
            session,
            account_emails.AccountEmail(
                id=email_id,
                kind=report.kind,
                priority=8,
                dedupe_key=f"{report.kind}:{report.period}:{user.hex}:{email_id.hex}",
                user_id=user,
                address_key=here.keyring.address_key(account.email),
                domain_group=domain_group(account.email),
                due_at=now,
                expires_at=now,
                key_id=here.keyring.newest_id,
                unsubscribe_sha256=digest(here.keyring.token(Purpose.UNSUBSCRIBE, email_id)),
            ),
        )
        if quote is not None:
            said = Quote(2, "Attente au retrait", "Lille Centre, 12 novembre 2026", quote.invitation_id.hex)
            first = replace(report.sections[0], quotes=(said,))
            report = replace(report, sections=(first, *report.sections[1:]))
        copy = reports.Copy(
            email_id=email_id,
            n=1,
            user_id=user,
            kind=report.kind,
            edition=report.edition,
            scope=scope,
            period=report.period,
            subject=report.subject,
            quiet=False,
            made_at=now,
        )
        reports.keep(session, copy, report)
    return email_id
