"""Webhooks: which other systems are told of the line, of what, and how each telling went."""

from __future__ import annotations

from flask import Flask

from surveyor.web.webhooks import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
