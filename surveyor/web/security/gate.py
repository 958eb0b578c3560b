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

    find: looks for the object of the address inside the person's scopes before the role is asked, so that outside of
    them everything is the same 404; what it returns is `g.found`.
    """

    open: bool = False
    action: Action = "read"
    noun: str = ""
    find: Callable[..., Any] | None = None


def anybody(view: View) -> View:
    """This page is for everybody: it checks by itself what its address holds."""
    view.door = Door(open=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """This page is for anybody who is signed in: it is about themselves."""
    view.door = Door()  # type: ignore[attr-defined]
    return view


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
    if door.find is not None:
        g.found = door.find(**(request.view_args or {}))
    if not door.noun:
        return None
    access = staff.may(door.action, door.noun)
    if not access:
        raise Stop("not_allowed", 403, where="path", role=staff.role)
    if access.step_up and not staff.stepped_up:
        if request.method in ("GET", "HEAD"):
            return redirect(url_for("auth.step_up", next=request.path), 303)
        raise Stop("step_up_required", 403, where="path")
    return None


def to_sign_in() -> Response:
    """The sign-in page, which brings back here."""
    back = quote(request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/", safe="/")
    return redirect(url_for("auth.sign_in") + (f"?next={back}" if back != "/" else ""), 303)
