"""The one gate in front of every page: each says who may come in, and a page that says nothing lets nobody in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, g, redirect, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.scope import Action
from surveyor.web.errors import MACHINES, Stop

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Door:
    """Who may open a page. `open`: anybody. Else a signed-in person whose role may do `action` to `noun`.

    step_up: asks for a step-up whatever the noun. enrolling: also for somebody who still owes a second factor.

    find: looks for the object of the address inside the person's scopes before the role is asked, so that outside of
    them everything is the same 404; what it returns is `g.found`.
    """

    open: bool = False
    action: Action = "read"
    noun: str = ""
    find: Callable[..., Any] | None = None
    step_up: bool = False
    enrolling: bool = False


def anybody(view: View) -> View:
    """This page is for everybody: it checks by itself what its address holds."""
    view.door = Door(open=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """This page is for anybody who is signed in: it is about themselves."""
    view.door = Door()  # type: ignore[attr-defined]
    return view


def enrolling(*, step_up: bool = False) -> Callable[[View], View]:
    """This page is for anybody who is signed in, even before the second factor that their role asks for."""

    def mark(view: View) -> View:
        view.door = Door(step_up=step_up, enrolling=True)  # type: ignore[attr-defined]
        return view

    return mark


def needs(action: Action, noun: str, *, find: Callable[..., Any] | None = None) -> Callable[[View], View]:
    """This page is for people whose role may do `action` to `noun` (core/scope/roles.py)."""

    def mark(view: View) -> View:
        view.door = Door(action=action, noun=noun, find=find)  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask) -> None:
    """Stand before every page but those of machines, which have keys and signatures of their own."""

    @app.before_request
    def stand() -> Response | None:
        if request.endpoint is None or request.path.startswith(MACHINES):
            return None
        door: Door | None = getattr(app.view_functions[request.endpoint], "door", None)
        if door is None:
            raise Stop("not_found", 404, where="path")
        return None if door.open else _let_in(door)


def _let_in(door: Door) -> Response | None:
    staff = g.get("staff")
    if staff is None:
        return to_sign_in()
    if staff.owes_second_factor and not door.enrolling:
        return _ask("second_factor.page", "second_factor_required")
    if door.find is not None:
        g.found = door.find(**(request.view_args or {}))
    step_up = door.step_up
    if door.noun:
        access = staff.may(door.action, door.noun)
        if not access:
            raise Stop("not_allowed", 403, where="path", role=staff.role)
        step_up = step_up or access.step_up
    if step_up and not staff.stepped_up:
        return _ask("auth.step_up", "step_up_required")
    return None


def _ask(endpoint: str, code: str) -> Response:
    """First something else: a page takes a reader there and brings them back, anything sent is refused."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for(endpoint, next=request.path), 303)
    raise Stop(code, 403, where="path")


def to_sign_in() -> Response:
    """The sign-in page, which brings back here."""
    back = quote(request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/", safe="/")
    return redirect(url_for("auth.sign_in") + (f"?next={back}" if back != "/" else ""), 303)
