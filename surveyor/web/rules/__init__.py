"""The rules that decide after an order whether its customer is asked: the active version in words, and its history."""

from __future__ import annotations

from flask import Flask

from surveyor.web.rules import routes, shown


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    shown.install(app)
