"""Who is signed in on this request, between the cookie of a browser and the scope of every read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Response, g, request

from surveyor.core.scope import Access, Action, Reach, may
from surveyor.core.second_factor import is_required
from surveyor.db import sessions as browsers
from surveyor.db import users
from surveyor.errors import NotAllowed
from surveyor.flows.manage_users import Actor
from surveyor.flows.sign_in import ABSOLUTE, is_over
from surveyor.flows.sign_out import touch_session
from surveyor.services import Services
from surveyor.web.security.client import client

TOUCH_AFTER = timedelta(minutes=1)
#: Paths of customers, machines and files: nobody is signed in there.
NOBODY = (
    *("/s/", "/u/", "/f/", "/shared/", "/static/", "/look/", "/logo/", "/api/", "/hooks/", "/w/", "/r/"),
    *("/healthz", "/readyz"),
)
STEP_UP_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Staff:
    """A signed-in person and their browser."""

    account: users.Account
    browser: browsers.Browser
    reach: Reach
    stepped_up: bool
    owes_second_factor: bool = False

    @property
    def id(self) -> UUID:
        """The id of the account."""
        return self.account.id

    @property
    def role(self) -> str:
        """The role of the account."""
        return self.account.role

    @property
    def csrf(self) -> str:
        """What the forms of this browser carry."""
        return self.browser.csrf

    @property
    def actor(self) -> Actor:
        """How the audit chain names this person in this request."""
        return Actor(str(self.id), client().ip_prefix, str(g.get("request_id", "")))

    def may(self, action: Action, noun: str) -> Access:
        """What the role allows."""
        return may(self.role, action, noun)


def install(app: Flask, services: Services) -> None:
    """Find the person of each request; public pages, machines and files never look."""

    @app.before_request
    def find_person() -> None:
        g.staff = None
        if request.path.startswith(NOBODY):
            return
        cookie = request.cookies.get(cookie_name(services), "")
        if cookie:
            g.staff = _person(services, cookie)
        if g.staff is not None:
            g.language = g.staff.account.language


def _person(services: Services, cookie: str) -> Staff | None:
    now = services.now()
    with services.sessions() as session:
        browser = browsers.find_browser(session, browsers.digest(cookie))
        account = None if browser is None else users.by_id(session, browser.user_id)
    if browser is None or account is None or not account.active or is_over(browser, now):
        return None
    if now - browser.seen_at >= TOUCH_AFTER:
        touch_session(services.sessions, key=browser.key, user_id=account.id, now=now)
    stepped_up = browser.stepped_up_at is not None and now - browser.stepped_up_at < STEP_UP_LIFE
    owes = is_required(account.role, production=services.settings.production) and not account.second_factor
    return Staff(account, browser, account.reach, stepped_up, owes)


def me() -> Staff:
    """The person of this request; the gate has seen to it that there is one."""
    staff: Staff | None = g.get("staff")
    if staff is None:
        raise NotAllowed("nobody is signed in")
    return staff


def cookie_name(services: Services) -> str:
    """`__Host-surveyor` over https; plain `surveyor` on the loopback of the embedded set-up."""
    return "__Host-surveyor" if services.settings.base_url.startswith("https://") else "surveyor"


def give_cookie(response: Response, services: Services, cookie: str) -> Response:
    """Hand the session's cookie to the browser."""
    secure = services.settings.base_url.startswith("https://")
    response.set_cookie(
        cookie_name(services),
        cookie,
        max_age=int(ABSOLUTE.total_seconds()),
        secure=secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def take_cookie(response: Response, services: Services) -> Response:
    """Forget the session in the browser, with all that it kept of our pages."""
    settings: dict[str, Any] = {"path": "/", "httponly": True, "samesite": "Lax"}
    secure = services.settings.base_url.startswith("https://")
    response.delete_cookie(cookie_name(services), secure=secure, **settings)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
