"""Goals: what each indicator should come to, by scope, read by everybody inside it and set by those who may."""

from __future__ import annotations

from flask import Flask

from surveyor.web.goals import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
