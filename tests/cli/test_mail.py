"""`surveyor mail`: a preview, a test that counts nowhere, and a doctor who looks before he sends."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from surveyor.db.engine import make_engine, make_sessions
from surveyor.flows.edit_emails import open_draft, save_texts
from surveyor.flows.publish_emails import Wanted, publish_email
from surveyor.testing.sendgrid_server import SendGridServer
from surveyor.testing.smtp_server import SmtpServer
from tests.cli.conftest import Terminal
from tests.mail.conftest import EMAILS
from tests.mail.dns_server import DnsServer
from tests.mail.doctor.test_domain import sound

pytestmark = pytest.mark.slow

FROM = "Maison X <avis@enquetes.maison-x.fr>"
PASTED = b"""Authentication-Results: mx.test; dkim=pass header.s=s1; spf=pass; dmarc=pass
DKIM-Signature: v=1; a=rsa-sha256; d=maison-x.fr; s=s1; h=from:subject:list-unsubscribe; bh=a; b=c
From: Maison X <avis@enquetes.maison-x.fr>

Bonjour
"""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Any:
    with SendGridServer() as server:
        server.account.domains = ["maison-x.fr"]
        server.account.webhook_url = "https://avis.maison-x.test/hooks/mail/sendgrid"
        monkeypatch.setenv("SURVEYOR_MAIL_URL", f"sendgrid://?host={server.url}")
        monkeypatch.setenv("SENDGRID_API_KEY", server.key)
        monkeypatch.setenv("SENDGRID_WEBHOOK_KEYS", server.signer.public_key)
        monkeypatch.setenv("SURVEYOR_FROM", FROM)
        monkeypatch.setenv("SURVEYOR_BASE_URL", "https://avis.maison-x.test")
        yield server


def levels(report: Any, point: int) -> dict[str, str]:
    return {line["check"]: line["level"] for line in report["lines"] if line["point"] == point}


def test_a_preview_writes_every_case(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.run("mail", "preview", "invitation", "--language", "fr", "--out", str(tmp_path / "look")) == 0
    assert len(terminal.out.splitlines()) == len(list((tmp_path / "look").iterdir())) == 18
    assert terminal.run("mail", "preview", "invitatoin", "--out", str(tmp_path / "look")) == 2


@pytest.mark.parametrize(("language", "mark"), [("fr", "[Essai] "), ("en", "[Test] ")])
def test_a_test_email_is_marked_and_its_links_are_nobodys(terminal: Terminal, language: str, mark: str) -> None:
    assert terminal.run("db", "upgrade") == 0
    before = rows(terminal)
    sent = terminal.json("mail", "test", "invitation", "--to", "moi@exemple.test", "--language", language)
    email = message_from_bytes(
        (terminal.home / "outbox" / "new" / f"{sent['ref']}.eml").read_bytes(), policy=policy.default
    )
    assert str(email["Subject"]).startswith(mark)
    assert email["Feedback-ID"].startswith("preview:preview:invitation:")
    links = set(re.findall(r"/[su]/([0-9A-Za-z]{22})", email.get_body(("plain",)).get_content()))  # type: ignore[union-attr]
    assert len(links) == 1
    assert rows(terminal) == before


@pytest.mark.parametrize("kind", sorted(one.name for one in EMAILS.glob("[a-z]*")))
def test_every_link_of_a_test_leads_to_this_installation(terminal: Terminal, kind: str) -> None:
    sent = terminal.json("mail", "test", kind, "--to", "moi@exemple.test")
    email = message_from_bytes(
        (terminal.home / "outbox" / "new" / f"{sent['ref']}.eml").read_bytes(), policy=policy.default
    )
    links = re.findall(r'href="([^"]+)"', email.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert links
    assert {link.split("/")[2] for link in links} == {"127.0.0.1:8000"}


def rows(terminal: Terminal) -> dict[str, int]:
    """table -> rows, of the whole database."""
    engine = create_engine(f"sqlite:///{terminal.home / 'surveyor.db'}")
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        counted = {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}
    engine.dispose()
    return counted


def test_a_test_and_the_doctor_read_the_text_that_was_published(terminal: Terminal) -> None:
    assert terminal.run("db", "upgrade") == 0
    sessions = make_sessions(make_engine(f"sqlite:///{terminal.home}/surveyor.db"))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    open_draft(sessions, "u1", "invitation", folder=EMAILS, now=now)
    subject = {"subject.txt": "{{ store.name }} ?"}
    save_texts(sessions, "u1", "invitation", {"fr": subject, "en": subject}, folder=EMAILS, now=now)
    publish_email(sessions, Wanted("u1", "invitation", "Zoé", "court"), folder=EMAILS, now=now)
    sent = terminal.json("mail", "test", "invitation", "--to", "moi@exemple.test")
    raw = (terminal.home / "outbox" / "new" / f"{sent['ref']}.eml").read_bytes()
    assert message_from_bytes(raw, policy=policy.default)["Subject"] == "[Essai] Maison X Lille ?"
    with sessions.begin() as session:
        session.execute(text("DROP TRIGGER email_templates_no_update"))
        session.execute(text("UPDATE email_templates SET html = 'x'"))
    with DnsServer({}, mute=True) as dns:
        assert terminal.run("mail", "doctor", "--dns", dns.address, "--json") == 1
    assert levels(json.loads(terminal.out), 5)["text invitation"] == "fail"


def test_two_tests_are_two_emails(terminal: Terminal) -> None:
    refs = {terminal.json("mail", "test", "reminder", "--to", "moi@exemple.test")["ref"] for _ in range(2)}
    assert len(refs) == 2


def test_a_test_that_nobody_takes_says_who_and_what_to_do(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURVEYOR_MAIL_URL", "smtp://127.0.0.1:9")
    assert terminal.run("mail", "test", "invitation", "--to", "moi@exemple.test") == 1
    assert terminal.err == "smtp: not connected: ConnectionRefusedError; next: surveyor mail doctor\n"
    monkeypatch.setenv("SURVEYOR_MAIL_URL", "smtp://127.0.0.1:9?tls=none")
    with DnsServer({}, mute=True) as dns:
        assert terminal.run("mail", "doctor", "--dns", dns.address, "--json") == 1
    assert levels(json.loads(terminal.out), 3) == {"smtp": "fail"}


def test_the_doctor_of_a_fresh_installation_fails_nothing_offline(terminal: Terminal) -> None:
    with DnsServer({}, mute=True) as dns:
        report = terminal.json("mail", "doctor", "--dns", dns.address)
    assert report["ok"] is True
    assert levels(report, 1) == {"domain localhost": "warn"}
    assert levels(report, 2)["site"] == "unknown"
    assert levels(report, 5)["text invitation/fr"] == "ok"
    assert levels(report, 5)["30 days"] == "unknown"
    assert not (terminal.home / "outbox" / "new").exists() or not list((terminal.home / "outbox" / "new").iterdir())


def test_the_doctor_of_a_sendgrid_account(terminal: Terminal, account: SendGridServer) -> None:
    assert terminal.run("db", "upgrade") == 0
    with DnsServer(sound()) as dns:
        report = terminal.json("mail", "doctor", "--dns", dns.address)
    assert set(levels(report, 1).values()) == {"ok"}
    assert levels(report, 3) == {}
    assert levels(report, 4) == {
        "key": "ok",
        "scopes": "ok",
        **{f"sandbox {'/'.join(place.parts[-2:])}": "ok" for place in EMAILS.glob("[a-z]*/*")},
        "sender identity enquetes.maison-x.fr": "ok",
        "tracking": "ok",
        "event webhook": "ok",
        "webhook key": "ok",
        "last event": "unknown",
    }
    assert levels(report, 5)["suppressions"] == "ok"
    assert levels(report, 5)["30 days: complaints"] == "ok"
    assert account.ledger.messages() == []
    account.account.tracking.add("click")
    with DnsServer({**sound(), ("_dmarc.maison-x.fr", "TXT"): []}) as dns:
        assert terminal.run("mail", "doctor", "--dns", dns.address) == 1
    assert re.search(r"(?m)^fail +1 +DMARC enquetes.maison-x.fr +no record$", terminal.out)
    assert re.search(r"(?m)^fail +4 +tracking +on for the account: click$", terminal.out)
    assert 'publish "v=DMARC1; p=none' in terminal.err
    assert account.key not in terminal.out + terminal.err


def test_only_send_to_sends_and_it_is_a_marked_test(terminal: Terminal, account: SendGridServer) -> None:
    with DnsServer(sound()) as dns:
        report = terminal.json("mail", "doctor", "--dns", dns.address, "--send-to", "moi@exemple.test")
        assert terminal.run("mail", "doctor", "--dns", dns.address, "--send-to", "nobody") == 2
    assert levels(report, 6) == {"test email": "ok"}
    taken = account.ledger.messages()
    assert [one.to for one in taken] == ["moi@exemple.test"]
    assert taken[0].body["subject"].startswith("[Essai] ")
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"} <= set(taken[0].body["headers"]), "what --headers looks at"
    assert taken[0].body["categories"] == ["invitation"]


def test_a_received_email_is_read_and_names_its_selector(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "source.eml").write_bytes(PASTED)
    with SmtpServer() as smtp, DnsServer(sound()) as dns, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SURVEYOR_MAIL_URL", f"smtp://127.0.0.1:{smtp.port}")
        patch.setenv("SURVEYOR_FROM", FROM)
        options = ("mail", "doctor", "--dns", dns.address, "--headers", str(tmp_path / "source.eml"))
        report = terminal.json(*options, status=1)
    assert levels(report, 1)["DKIM s1._domainkey.enquetes.maison-x.fr"] == "ok"
    assert levels(report, 3)["TLS"] == "warn"
    assert levels(report, 6) == {"SPF": "ok", "DKIM": "ok", "DMARC": "ok", "DKIM h=": "fail"}
    assert smtp.taken == []
    assert [line["found"] for line in report["lines"] if line["check"] == "DKIM h="] == [
        "does not cover list-unsubscribe-post"
    ]


def test_json_has_what_was_found_what_to_do_and_where_it_is_written(terminal: Terminal) -> None:
    with DnsServer({}, mute=True) as dns:
        report = terminal.json("mail", "doctor", "--dns", dns.address)
    assert set(report) == {"ok", "lines"}
    assert all(set(line) == {"point", "check", "level", "found", "advice", "reference"} for line in report["lines"])
    assert {line["level"] for line in report["lines"]} <= {"ok", "warn", "fail", "unknown"}
    assert json.loads(terminal.out) == report


def test_a_preview_that_a_check_refuses_is_written_and_ends_with_1(terminal: Terminal, tmp_path: Path) -> None:
    shutil.copytree(EMAILS, tmp_path / "emails")
    body = tmp_path / "emails" / "invitation" / "fr" / "body.mjml"
    body.write_text(body.read_text("utf-8").replace("Bonjour", "Un cadeau vous attend, bonjour"), "utf-8")
    options = ("--language", "fr", "--out", str(tmp_path / "look"), "--emails", str(tmp_path / "emails"))
    assert terminal.run("mail", "preview", "invitation", *options) == 1
    assert "invitation/fr: check 10 (languages, neutrality): not neutral: cadeau" in terminal.err
    assert (tmp_path / "look" / "invitation-fr-sample.html").exists()
