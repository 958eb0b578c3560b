"""`/privacy`: what a survey email and its answer are used for, where a brand gives no notice of its own."""

from __future__ import annotations

from email.utils import parseaddr

from flask import Blueprint, Flask, render_template

from surveyor.web.here import services
from surveyor.web.language import language
from surveyor.web.security.gate import anybody

privacy = Blueprint("privacy", __name__)


def register(app: Flask) -> None:
    """Add the route."""
    app.register_blueprint(privacy)


@privacy.get("/privacy")
@anybody
def notice() -> str:
    """The notice, with the address of this installation's sender for questions."""
    _, address = parseaddr(services().settings.sender)
    return render_template("public/privacy.html", address=address, language=language())
