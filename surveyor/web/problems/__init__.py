"""`/problems/<code>`: what an error code of the API means, in both languages: the `type` of every problem document."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template

from surveyor.web.errors import Stop
from surveyor.web.language import language
from surveyor.web.security.gate import anybody
from surveyor.web.texts import catalogue, say

problems = Blueprint("problems", __name__)


def register(app: Flask) -> None:
    """Add the route."""
    app.register_blueprint(problems)


@problems.get("/problems/<code>")
@anybody
def show(code: str) -> str:
    """The page of one code."""
    if f"problems.{code}.title" not in catalogue():
        raise Stop("not_found", 404, where="path")
    told = {name: _said(name, code) for name in ("fr", "en")}
    return render_template("problems/show.html", code=code, told=told, language=language())


def codes() -> list[str]:
    """Every code that has a page."""
    return sorted(key.split(".")[1] for key in catalogue() if key.startswith("problems.") and key.endswith(".title"))


def _said(name: str, code: str) -> dict[str, str]:
    return {part: say(name, f"problems.{code}.{part}") for part in ("title", "example", "status")}
