"""`surveyor mail doctor`: DNS, links, provider, texts and figures looked at before a customer meets what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import click

from surveyor.cli import say
from surveyor.cli.installation import has_database, now, settings
from surveyor.settings import Settings

if TYPE_CHECKING:
    from surveyor.core.tokens import Keyring
    from surveyor.db.mail_health import Outcomes
    from surveyor.mail.doctor import Line
    from surveyor.mail.doctor.domain import Carrier, Sender
    from surveyor.mail.doctor.resolver import Ask
    from surveyor.mail.message import Message
    from surveyor.mail.published import PublishedEmail

DAYS = timedelta(days=30)
#: What `--send-to` sends: an email to a customer, with the `List-*` headers that `--headers` looks for afterwards.
TRIED = "invitation"


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: settings, the clock, the DNS, and what the database knows (nothing when there is none)."""

    settings: Settings
    at: datetime
    ask: Ask
    keyring: Keyring
    selectors: tuple[str, ...]
    verified: list[Mapping[str, Any]] = field(default_factory=list)
    month: Outcomes | None = None
    last_sent: datetime | None = None
    last_event: datetime | None = None
    suppressed: set[bytes] = field(default_factory=set)
    customers: set[bytes] = field(default_factory=set)
    published: Mapping[tuple[str, str], PublishedEmail] = field(default_factory=dict)
    unfit: list[str] = field(default_factory=list)

    @property
    def scheme(self) -> str:
        """The provider, as SURVEYOR_MAIL_URL names it."""
        return urlsplit(self.settings.mail_url).scheme

    def senders(self) -> list[Sender]:
        """The default sender, then those of brands and stores, each address once."""
        from email.utils import parseaddr

        from surveyor.mail.doctor.domain import Sender

        found = {(address := parseaddr(self.settings.sender)[1]): Sender(address)}
        for one in self.verified:
            address, reply_to, return_path = (str(one.get(n) or "") for n in ("address", "reply_to", "return_path"))
            found.setdefault(address, Sender(address, reply_to, return_path, str(one.get("sender_id") or "surveyor")))
        return list(found.values())


@click.command("doctor")
@click.option("--send-to", "address", help="Also send one marked test email there.")
@click.option("--headers", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Source of one received.")
@click.option("--selector", "selectors", multiple=True, help="A DKIM selector of the sender's domain.")
@click.option("--dns", "server", default="", help="Ask this name server (HOST or HOST:PORT) instead of the system's.")
@say.json_option
def doctor(address: str | None, headers: Path | None, selectors: tuple[str, ...], server: str, as_json: bool) -> int:
    """Say whether an email would arrive; status 1 when something fails. Nothing is sent without --send-to."""
    from surveyor.mail.doctor.pasted import selectors as signed_by
    from surveyor.mail.doctor.resolver import SystemDns

    pasted = headers.read_bytes() if headers else b""
    patient = _patient(SystemDns(server), (*selectors, *signed_by(pasted)))
    lines = [*_look(patient), *_sixth(patient, address, pasted)]
    failed = any(line.level == "fail" for line in lines)
    if as_json:
        say.as_json({"ok": not failed, "lines": lines})
    else:
        say.table([(line.level, line.point, line.check, line.found) for line in lines])
        for line in lines:
            if line.advice and line.level != "ok":
                say.remark(
                    f"{line.level}: {line.check}: {line.advice}" + (f" ({line.reference})" * bool(line.reference))
                )
    return 1 if failed else 0


def _look(patient: Patient) -> Iterator[Line]:
    from surveyor.core.tokens import PREVIEW_ROW, Purpose
    from surveyor.mail.doctor import contents, safely
    from surveyor.mail.doctor.domain import check_domain
    from surveyor.mail.doctor.site import check_site
    from surveyor.shipped import shipped

    found = patient.settings
    carrier = _carrier(patient)
    for sender in patient.senders():
        yield from safely(1, f"domain {sender.domain}", check_domain(sender, carrier, patient.ask))
    nobody = patient.keyring.token(Purpose.PREVIEW, PREVIEW_ROW)
    site = check_site(found.base_url, nobody, now=patient.at, production=found.production)
    yield from safely(2, "site", site)
    yield from safely(3, "smtp", _relay(patient))
    yield from safely(4, "SendGrid", _sendgrid(patient))
    yield from safely(5, "texts", contents.check_texts(shipped("emails"), patient.published, patient.unfit))
    yield from safely(5, "Feedback-ID", contents.check_sender_ids([one.sender_id for one in patient.senders()]))
    yield from safely(5, "30 days", _figures(patient))


def _carrier(patient: Patient) -> Carrier:
    """Whom SPF must let send, and which keys sign: known for SendGrid; of a relay, its own addresses."""
    from surveyor.mail.doctor.domain import SENDGRID_SELECTORS, Carrier
    from surveyor.mail.doctor.resolver import Silent

    if patient.scheme == "sendgrid":
        return Carrier("SendGrid", patient.selectors or SENDGRID_SELECTORS, includes=("sendgrid.net",))
    host = urlsplit(patient.settings.mail_url).hostname or ""
    addresses = [host] if host.replace(".", "").isdigit() and not host.startswith("127.") else []
    if patient.scheme.startswith("smtp") and not host.replace(".", "").isdigit() and host != "localhost":
        try:
            addresses = patient.ask(host, "A")
        except Silent:
            addresses = []
    return Carrier(f"the relay {host}" if host else patient.scheme, patient.selectors, addresses=addresses)


def _relay(patient: Patient) -> Iterator[Line]:
    from surveyor.cli.mail import provider_of
    from surveyor.mail.doctor.relay import check_relay
    from surveyor.mail.providers.smtp import SmtpProvider

    if patient.scheme.startswith("smtp"):
        provider = provider_of(patient.settings)
        assert isinstance(provider, SmtpProvider)
        yield from check_relay(provider.relay, patient.ask)


def _sendgrid(patient: Patient) -> Iterator[Line]:
    from surveyor.mail.doctor.sendgrid import Account, Away, check_account, suppressed_there

    if patient.scheme != "sendgrid":
        return
    options = dict(parse_qsl(urlsplit(patient.settings.mail_url).query))
    account = Account(
        options.get("host", "https://api.sendgrid.com").rstrip("/"),
        patient.settings.sendgrid_api_key,
        patient.settings.base_url,
        patient.settings.sendgrid_webhook_keys,
        [sender.address for sender in patient.senders()],
        patient.last_sent,
        patient.last_event,
        options.get("ca", ""),
    )
    samples = {
        f"{kind}/{language}": _test_email(patient, kind, language, "doctor@example.com") for kind, language in _texts()
    }
    yield from check_account(account, samples)
    from surveyor.mail.doctor.contents import check_lists

    try:
        listed = suppressed_there(account)
    except Away:
        return
    theirs = None if listed is None else _keys(patient, listed)
    yield check_lists(theirs, patient.suppressed, known=patient.customers)


def _figures(patient: Patient) -> Iterator[Line]:
    from surveyor.mail.doctor.contents import Month, check_month
    from surveyor.mail.doctor.line import Level, Line

    month = patient.month
    if month is None:
        yield Line(5, "30 days", Level.UNKNOWN, "no database yet", "surveyor up, or surveyor db upgrade")
        return
    yield from check_month(Month(month.sent, month.bounced_hard, month.complained, month.deferred, month.in_doubt))


def _sixth(patient: Patient, address: str | None, pasted: bytes) -> Iterator[Line]:
    from surveyor.cli.mail import one_address, provider_of
    from surveyor.mail.doctor import Level, Line
    from surveyor.mail.doctor.pasted import check_pasted
    from surveyor.mail.providers.base import ProviderError

    if address:
        provider = provider_of(patient.settings)
        try:
            to = one_address(address, "--send-to")
            accepted = provider.send(_test_email(patient, TRIED, patient.settings.language, to))
        except ProviderError as wrong:
            yield Line(6, "test email", Level.FAIL, f"{wrong.code}: {wrong.evidence}", "see point 3 or 4")
        else:
            advice = "when it arrives, save its source and run again with --headers FILE"
            yield Line(6, "test email", Level.OK, f"{provider.name} took it: {accepted.ref}", advice)
        finally:
            provider.close()
    if pasted:
        yield from check_pasted(pasted)


def _patient(ask: Ask, selectors: tuple[str, ...]) -> Patient:
    from surveyor.core.tokens import keys

    found, at = settings(), now()
    if not has_database():
        return Patient(found, at, ask, keys(found.secret_keys), selectors)
    from surveyor.cli.installation import installation
    from surveyor.db import health, mail_health
    from surveyor.flows.published_texts import every_text

    try:
        with installation() as house:
            texts = every_text(house.sessions)
            with house.sessions() as session:
                return Patient(
                    found,
                    at,
                    ask,
                    house.keyring,
                    selectors,
                    mail_health.senders(session),
                    mail_health.outcomes(session, since=at - DAYS),
                    mail_health.last_sent(session),
                    mail_health.last_event(session, "sendgrid"),
                    mail_health.suppressed(session, now=at),
                    mail_health.addressed(session),
                    *texts,
                )
    except Exception as wrong:
        if not health.is_away(wrong):
            raise
        return Patient(found, at, ask, keys(found.secret_keys), selectors)


def _texts() -> list[tuple[str, str]]:
    from surveyor.mail.published import email_folders
    from surveyor.shipped import shipped

    return [(kind, language) for kind, language, _ in email_folders(shipped("emails"))]


def _test_email(patient: Patient, kind: str, language: str, to: str) -> Message:
    from surveyor.cli.mail import new_trial

    found = patient.published.get((kind, language))
    return new_trial(patient.settings, patient.keyring, (kind, language), to, published=found)


def _keys(patient: Patient, addresses: list[str]) -> set[bytes]:
    from surveyor.core.tokens import AddressError

    found = set()
    for address in addresses:
        try:
            found.add(patient.keyring.address_key(address))
        except AddressError:
            continue
    return found
