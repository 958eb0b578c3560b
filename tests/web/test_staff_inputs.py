"""The written cases of staff forms that this release has screens for: status, code, place, and nothing half saved."""

from __future__ import annotations

import html
import io
import json
import re
import socket
import struct
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from surveyor.app import create_app
from surveyor.core.quoting import french
from surveyor.db import users
from surveyor.db.suppressions import suppress
from surveyor.db.tables.emails import Email
from surveyor.db.tables.users import StaffSession
from surveyor.flows.choose_password import choose_password
from surveyor.flows.edit_brand import add_brand
from surveyor.flows.manage_users import HOST, set_password
from surveyor.flows.send_account_link import make_password_link
from surveyor.services import Services
from tests.web.conftest import Enter, Person, browser
from tests.web.links import open_network, send

#: Screens of later releases: cases.
HERE = {f"AF-{n:02d}" for n in (*range(1, 15), *range(20, 38))}
CASES = [
    case
    for case in json.loads((Path(__file__).parents[1] / "golden" / "bad_inputs.json").read_text("utf-8"))["cases"]
    if case["area"] == "admin_form" and case["id"] in HERE
]
PASSWORD = "a quiet river under old bridges"


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    add_brand(installation.sessions, brand_id="b1", name="Maison X", by=HOST, now=installation.now())
    stopped(installation, "c2", "unsubscribed")
    stopped(installation, "c4", "complained")
    return create_app(installation)


def stopped(here: Services, customer: str, reason: str) -> None:
    """A customer whom we do not write to."""
    sent = send(here, customer)
    with here.sessions.begin() as session:
        email: Any = session.get(Email, sent.email_id)
        suppress(session, email.address_key, reason, source="test", now=here.now())


@pytest.fixture
def people(app: Flask, enter: Enter, installation: Services) -> dict[str, Person]:
    """The staff of the golden inputs; cx has a password."""
    made = {
        "admin@network": enter("admin", email="admin@example.fr"),
        "cx@network": enter("cx", email="cx@example.fr"),
        "store_manager@store:S1": enter("store_manager", "store:S1", email="s1@example.fr"),
    }
    cx = made["cx@network"]
    set_password(installation.sessions, user_id=cx.user_id, password=PASSWORD, now=installation.now())
    return {**made, "cx@network": browser(app, installation, cx.user_id)}


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']} {case['title']}" for case in CASES])
def test_a_written_case_is_answered_as_written(
    case: dict[str, Any],
    app: Flask,
    people: dict[str, Person],
    installation: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if names := case["input"].get("dns"):
        monkeypatch.setattr(socket, "getaddrinfo", resolver(names))
    given, wanted = case["input"], case["expect"]
    who = given.get("as", "admin@network")
    path = given["path"].replace("/users/admin", f"/users/{people['admin@network'].user_id}")
    path = path.replace("{used_reset_token}", used_token(installation) if "{used" in path else "")
    if given.get("step_up") is False:
        forget_step_ups(installation)
    before = accounts(installation)
    form = [(name, value.replace("{password}", PASSWORD)) for name, value in given.get("form", [])]
    for _ in range(given.get("times", 1)):
        answer = ask(app, people, who, path, form, given)
    assert answer.status_code == wanted["http"]
    if wanted["error_code"]:
        assert f'data-code="{wanted["error_code"]}"' in answer.text
        said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
        assert " ".join(french(wanted["message_fr"]).split()) in said
    if case["id"] == "AF-14":
        assert answer.headers["Location"] == "/"
        assert "Set-Cookie" in answer.headers
    assert accounts(installation) == before


def resolver(names: dict[str, str]) -> Any:
    """The machine's resolver, which knows these names besides."""
    original = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        return original(names.get(host, host), *rest, **more)

    return look_up


def forget_step_ups(here: Services) -> None:
    """Everybody's password was asked for too long ago."""
    with here.sessions.begin() as session:
        session.execute(update(StaffSession).values(stepped_up_at=None))


def used_token(here: Services) -> str:
    """A reset link that cx used already."""
    path = make_password_link(here.sessions, email="cx@example.fr", keys=here.keyring, now=here.now())
    choose_password(here.sessions, token=path.rpartition("/")[2], password=PASSWORD, now=here.now())
    return path.rpartition("/")[2]


def ask(app: Flask, people: dict[str, Person], who: Any, path: str, form: Any, given: dict[str, Any]) -> Any:
    if who is None:
        return app.test_client().post(path, data=dict(form))
    person = people[who]
    if "file" in given:
        data = {"csrf_token": person.csrf, "logo": (io.BytesIO(content_of(given["file"])), given["file"]["name"])}
        return person.client.post(path, data=data, content_type="multipart/form-data")
    headers = given.get("headers", {})
    csrf = given.get("csrf", "valid")
    if csrf == "other_session":
        form = [*form, ("csrf_token", people["cx@network"].csrf)]
    return person.post(path, form, csrf=csrf == "valid", headers=headers)


def content_of(file: dict[str, Any]) -> bytes:
    """What the case sends: a text, or the beginning of a PNG of a size."""
    if "text" in file:
        return str(file["text"]).encode()
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", *file["png_header"]) + b"\x08\x06\x00\x00\x00"


def accounts(here: Services) -> list[tuple[str, str, tuple[str, ...], str | None]]:
    """What of accounts a form could have changed."""
    with here.sessions() as session:
        return [(one.email, one.role, one.scopes, one.password_hash) for one in users.everybody(session)]
