"""What the tests of the web side share: an installation on a clock set by hand, staff of every role, browsers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveyor.app import create_app
from surveyor.core.tokens import keys
from surveyor.db import users
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.sign_in import Client, open_session
from surveyor.services import Services
from surveyor.settings import Settings

SECRET = bytes(range(1, 33))
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def make_services(sessions: Any, clock: Callable[[], datetime], **settings: Any) -> Services:
    """An installation for tests: no provider, no email building, the clock given."""
    read = replace(Settings.read({}), secret_keys=(SECRET,), **settings)
    return Services(
        settings=read,
        sessions=sessions,
        read_sessions=sessions,
        provider=None,  # type: ignore[arg-type]
        build=lambda *_: None,
        keyring=keys((SECRET,)),
        now=clock,
    )


@pytest.fixture
def clock(clock: Any) -> Any:
    """Friday 20 November 2026, 09:00 UTC: the instant of the golden inputs."""
    clock.set(NOW)
    return clock


@pytest.fixture
def installation(sqlite_sessions: Any, clock: Any) -> Services:
    """An installation on SQLite."""
    return make_services(sqlite_sessions, clock)


@pytest.fixture
def app(installation: Services) -> Flask:
    """The web side of the installation."""
    made = create_app(installation)
    made.testing = False
    return made


@dataclass
class Person:
    """A signed-in browser: posts carry its forgery token unless told otherwise."""

    client: FlaskClient
    user_id: UUID
    csrf: str

    def get(self, path: str, **more: Any) -> Any:
        """GET without following."""
        return self.client.get(path, **more)

    def post(self, path: str, data: Any = None, *, csrf: bool = True, **more: Any) -> Any:
        """POST a form, list of pairs or mapping."""
        pairs = list(data.items() if isinstance(data, dict) else data or [])
        if csrf:
            pairs.append(("csrf_token", self.csrf))
        return self.client.post(path, data=_encoded(pairs), content_type="application/x-www-form-urlencoded", **more)


def _encoded(pairs: list[tuple[str, str]]) -> bytes:
    from urllib.parse import urlencode

    return urlencode(pairs).encode()


Enter = Callable[..., Person]


@pytest.fixture
def enter(app: Flask, installation: Services) -> Enter:
    """`enter("store_manager", "store:S1")`: a browser of somebody with this role and scope, just signed in."""
    made = 0

    def sign_in(role: str, *scopes: str, email: str = "", language: str = "fr") -> Person:
        nonlocal made
        made += 1
        now = installation.now()
        user = NewUser(email or f"{role}{made}@example.fr", role, scopes or ("network",), language=language)
        user_id = add_user(installation.sessions, user=user, by=HOST, now=now)
        return browser(app, installation, user_id)

    return sign_in


def browser(app: Flask, installation: Services, user_id: UUID) -> Person:
    """A browser in which an account has just signed in."""
    from surveyor.db import sessions as browsers

    with installation.sessions.begin() as session:
        account = users.by_id(session, user_id)
        assert account is not None
        cookie = open_session(session, account, client=Client("127.0.0.0/24", "Firefox"), now=installation.now())
        found = browsers.find_browser(session, browsers.digest(cookie))
        assert found is not None
    client = app.test_client()
    client.set_cookie("surveyor", cookie)
    return Person(client, user_id, found.csrf)


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A browser nobody signed in with."""
    return app.test_client()
