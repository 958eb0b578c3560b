"""Signing in, out and up: the door of the screens that read the line."""

from __future__ import annotations

from flask import Flask

from surveyor.web.auth import reset, routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(reset.area)
