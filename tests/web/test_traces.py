"""What operators may read of people and of attacks: every security event has its line, and no line opens anything."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyotp
import pytest
import structlog
from flask import Flask

from surveyor import logs
from surveyor.app import create_app
from surveyor.flows.manage_keys import make_key
from surveyor.flows.manage_second_factor import confirm_second_factor, offer_second_factor, offered_secret
from surveyor.flows.manage_users import HOST, NewUser, add_user, set_password
from surveyor.flows.send_account_link import make_password_link
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from tests.web.conftest import browser
from tests.web.links import Sent, open_network, send

PASSWORD = "a canary river under old bridges"


class Written:
    """The log of the process, from here on."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def events(self) -> set[str]:
        """The names of what was written, with the code of a refusal."""
        return {f"{line['event']} {line.get('code', '')}".strip() for line in self.lines}


@pytest.fixture
def written() -> Iterator[Written]:
    kept, level = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    logs.configure(stream=stream)
    yield Written(stream)
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = kept
    logging.getLogger().setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
def installation(installation: Services) -> Services:
    return replace(installation, provider=MemoryProvider())


@pytest.fixture
def sent(installation: Services) -> Sent:
    open_network(installation)
    return send(installation, "c1")


def admin(here: Services, email: str = "canari@example.fr") -> Any:
    user_id = add_user(here.sessions, user=NewUser(email, "admin", name="Canari Dupond"), by=HOST, now=here.now())
    set_password(here.sessions, user_id=user_id, password=PASSWORD, now=here.now())
    return user_id


def test_s45_every_security_event_has_its_line(
    app: Flask, installation: Services, sent: Sent, clock: Any, written: Written
) -> None:
    user_id = admin(installation)
    client = app.test_client()
    client.post("/sign-in", data={"email": "canari@example.fr", "password": "wrong"})
    client.post("/sign-in", data={"email": "canari@example.fr", "password": PASSWORD})
    person = browser(app, installation, user_id)
    person.post("/step-up", {"password": PASSWORD})
    manager = NewUser("s@example.fr", "store_manager", ("store:S1",))
    other = add_user(installation.sessions, user=manager, by=HOST, now=clock())
    browser(app, installation, other).get("/users")
    browser(app, installation, other).post("/profile", {"language": "fr"}, csrf=False)
    client.post("/hooks/orders/generic", data=b"{}", headers={"X-Surveyor-Signature": "t=1,v1=00"})
    for _ in range(6):
        app.test_client().post("/sign-in", data={"email": "x@example.fr", "password": "wrong"})
    client.get("/api/v1/indicators", headers={"Authorization": "Bearer nothing"})
    key = make_key(installation.sessions, name="k", scopes=("indicators:read",), now=clock(), actor="t")
    for place in ("192.0.2.7", "198.51.100.7"):
        client.get(
            "/api/v1/indicators",
            headers={"Authorization": f"Bearer {key.text}"},
            environ_base={"REMOTE_ADDR": place},
        )
    app.test_client().post("/reset", data={"email": "x@example.fr"})
    assert written.events() >= {
        "sign_in_refused sign_in_failed",
        "sign_in_refused rate_limited",
        "signed_in",
        "step_up",
        "refused not_allowed",
        "refused csrf_invalid",
        "signature_refused",
        "key_refused",
        "key_from_new_network",
        "reset_asked",
    }


def test_s46_nothing_that_opens_a_door_or_names_a_person_is_written(
    installation: Services, sent: Sent, clock: Any, written: Written
) -> None:
    app = create_app(installation)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError(f"canari@example.fr said /s/{sent.survey} with {key.text}")

    broken.door = app.view_functions["healthz"].door  # type: ignore[attr-defined]
    user_id = admin(installation)
    offer_second_factor(installation.sessions, user_id=user_id, keys=installation.keyring, now=clock())
    secret = offered_secret(installation.sessions, user_id=user_id, keys=installation.keyring)
    first = str(pyotp.TOTP(secret).at(clock()))
    codes = confirm_second_factor(
        installation.sessions, user_id=user_id, code=first, keys=installation.keyring, now=clock()
    )
    key = make_key(installation.sessions, name="k", scopes=("indicators:read",), now=clock(), actor="t")
    path = make_password_link(installation.sessions, email="canari@example.fr", keys=installation.keyring, now=clock())
    client = app.test_client()
    client.post("/sign-in", data={"email": "canari@example.fr", "password": PASSWORD})
    client.post("/sign-in/code", data={"step": "canary-step", "code": codes[0]})
    client.get(path)
    client.post(path, data={"password": "another canary river under bridges"})
    app.test_client().post("/reset", data={"email": "canari@example.fr"})
    client.get("/broken")
    client.get(f"/api/v1/indicators?api_key={key.text}")
    client.get("/api/v1/indicators", headers={"Authorization": f"Bearer {key.text}"})
    client.get(f"/explain?q=canari@example.fr&key={key.text}")
    client.get(f"/s/{sent.survey}/9")
    client.post(f"/s/{sent.survey}", data={"score": "9", "comment": "un canari en cage", "nonce": "canary-nonce"})
    client.post(f"/u/{sent.unsubscribe}", data={"List-Unsubscribe": "One-Click"})
    person = browser(app, installation, user_id)
    cookie = person.client.get_cookie("surveyor")
    assert cookie is not None
    person.post("/profile", {"name": "Canari Durand", "language": "fr"})
    person.post("/explain", {"q": "canari@example.fr"})
    assert len(written.lines) > 12
    hidden = [sent.survey, sent.unsubscribe, key.text, key.text.split("_")[2], path.rpartition("/")[2], secret]
    hidden += [first, codes[0], PASSWORD, cookie.value, person.csrf, "canari@", "Canari", "canari en cage"]
    hidden += ["canary-step", "canary-nonce", "canary river"]
    assert [one for one in hidden if one in written.text] == []


def test_s48_trace_is_not_a_method_of_any_page(app: Flask) -> None:
    for path in ("/", "/sign-in", "/healthz", "/static/x.css", "/api/v1/orders"):
        assert app.test_client().open(path, method="TRACE").status_code == 405
    assert app.debug is False
