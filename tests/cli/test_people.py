"""Accounts by command: a way in on this machine, a link to choose a password elsewhere, a lost second factor."""

from __future__ import annotations

import base64
import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from surveyor.cli.installation import installation, now
from surveyor.core.tokens import is_long_token
from surveyor.db import users
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.emails import Email
from surveyor.flows.choose_password import account_of_link
from surveyor.flows.manage_second_factor import confirm_second_factor, offer_second_factor, offered_secret
from tests.cli.conftest import Terminal
from tests.cli.test_line import HEAD


@pytest.fixture
def ana(terminal: Terminal) -> Terminal:
    """A home with one account."""
    assert terminal.run("users", "add", "ana@example.fr", "--role", "cx") == 0
    return terminal


def test_s5_on_this_machine_a_link_signs_in_and_elsewhere_it_lets_choose_a_password(
    ana: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "/sign-in/link/" in ana.json("users", "link", "ana@example.fr")["url"]
    monkeypatch.setenv("SURVEYOR_BASE_URL", "https://avis.example.fr")
    url = ana.json("users", "link", "ANA@example.fr")["url"]
    assert url.startswith("https://avis.example.fr/reset/")
    token = url.rpartition("/")[2]
    assert is_long_token(token)
    with installation() as house:
        assert account_of_link(house.sessions, token=token, now=datetime.now(UTC)).email == "ana@example.fr"


def test_an_account_is_not_made_when_its_password_is_refused(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("users", "add", "zoe@example.fr", "--role", "cx", "--password-stdin")
    for typed, status in ((b"short\n", 1), (b"\xff\xfe\n", 2), (b"zoe@example.fr\n", 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
        assert terminal.run(*asked) == status, typed
    assert terminal.json("users", "list")["users"] == []
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"nine green bottles hang\r\n"), encoding="utf-8"))
    assert terminal.run(*asked) == 0


@pytest.mark.parametrize(
    "written",
    [("orders:write", "rules:read"), ("orders:write,rules:read",), ("orders:write", "--scope", "rules:read")],
    ids=" ".join,
)
def test_the_scopes_of_a_key_are_written_in_any_of_three_ways(terminal: Terminal, written: tuple[str, ...]) -> None:
    assert terminal.run("keys", "add", "till", "--scope", *written) == 0
    (key,) = terminal.json("keys", "list")["keys"]
    assert sorted(key["scopes"]) == ["orders:write", "rules:read"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("users add zoe@example.fr --role boss", "--role"),
        ("users add zoe@example.fr --role cx --scope everything", "--scope"),
        ("users add zoe --role cx", "EMAIL"),
        ("users add zoe@example.fr --role store_manager", "--scope"),
        ("users add zoe@example.fr --role region_manager --scope network", "--scope"),
        ("keys add till --scope orders:eat", "--scope"),
        ("keys add Till! --scope orders:write", "NAME"),
        ("keys add till --scope orders:write --stores everything", "--stores"),
        ("sources add Till! --kind generic --basis consent", "NAME"),
        ("sources add till --kind magento --basis consent", "--kind"),
        ("sources add till --kind generic --basis hope", "--basis"),
    ],
)
def test_what_was_typed_wrongly_is_a_wrong_call_that_names_the_option(
    terminal: Terminal, typed: str, said: str
) -> None:
    assert terminal.run(*typed.split()) == 2
    assert f": {said}: " in terminal.err


def test_what_is_there_already_is_no_wrong_call(ana: Terminal) -> None:
    assert ana.run("users", "add", "ana@example.fr", "--role", "cx") == 1
    for status in (0, 1):
        assert ana.run("sources", "add", "till", "--kind", "generic", "--basis", "consent") == status


def test_s8_a_link_is_sent_by_email_when_asked_to(ana: Terminal) -> None:
    assert ana.json("users", "link", "ana@example.fr", "--send") == {"sent": True}
    with installation() as house, house.sessions() as session:
        assert [one.kind for one in session.query(Email)] == ["account-invitation"]
    assert ana.run("users", "link", "nobody@example.fr", "--send") == 1
    assert ana.run("users", "link", "nobody@example.fr") == 1


def test_s4_a_lost_second_factor_is_taken_back_by_command_and_written_down(ana: Terminal) -> None:
    import pyotp

    now = datetime.now(UTC)
    with installation() as house:
        with house.sessions() as session:
            user: Any = users.by_email(session, "ana@example.fr")
        offer_second_factor(house.sessions, user_id=user.id, keys=house.keyring, now=now)
        secret = offered_secret(house.sessions, user_id=user.id, keys=house.keyring)
        code = str(pyotp.TOTP(secret).at(now))
        confirm_second_factor(house.sessions, user_id=user.id, code=code, keys=house.keyring, now=now)
    assert ana.json("users", "list")["users"][0]["second_factor_since"]
    assert ana.run("users", "reset-second-factor", "ana@example.fr") == 0
    assert ana.run("users", "reset-second-factor", "ana@example.fr") == 1
    assert ana.run("users", "reset-second-factor", "nobody@example.fr") == 1
    assert ana.json("users", "list")["users"][0]["second_factor_since"] is None
    with installation() as house, house.sessions() as session:
        last = session.query(AuditLine).order_by(AuditLine.n.desc()).first()
        assert (last.actor, last.action) == ("host", "user.second_factor_off")


def test_secrets_are_sealed_again_when_the_database_is_upgraded(ana: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ana.run("sources", "add", "till", "--kind", "generic", "--basis", "consent") == 0
    old = (ana.home / "secret_keys").read_text().strip()
    new = base64.b64encode(bytes(range(60, 92))).decode()
    monkeypatch.setenv("SURVEYOR_SECRET_KEYS", f"{new},{old}")
    assert ana.json("db", "upgrade")["secrets_sealed_again"] == 1
    assert ana.json("db", "upgrade")["secrets_sealed_again"] == 0


def test_a_leaked_secret_is_revoked_once_another_stands_before_it(
    ana: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = tmp_path / "orders.csv"
    days = [(now() - timedelta(days=back)).isoformat(timespec="seconds") for back in (9, 1)]
    orders.write_text(
        HEAD + "".join(f"a{n},order.completed,a,a@example.fr,Ana,S1,{day}\n" for n, day in enumerate(days))
    )
    assert ana.run("orders", "import", str(orders)) == 0
    (only,) = ana.json("secrets", "list")["secrets"]
    assert (only["newest"], only["addresses"], only["waiting"]) == (True, True, 1)
    assert ana.run("secrets", "revoke", only["id"]) == 2
    assert "expected a new secret before" in ana.err
    assert ana.run("secrets", "revoke", "00000000") == 2
    old = (ana.home / "secret_keys").read_text().strip()
    monkeypatch.setenv("SURVEYOR_SECRET_KEYS", f"{base64.b64encode(bytes(range(60, 92))).decode()},{old}")
    done = ana.json("secrets", "revoke", only["id"])
    assert done == {"key_id": only["id"], "emails": 1, "invitations": 1, "ended": 0, "in_flight": 0}
    assert [one["waiting"] for one in ana.json("secrets", "list")["secrets"]] == [1, 0]
