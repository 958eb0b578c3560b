"""Saved views: filters of pages under a name, one's own or shared."""

from __future__ import annotations

from flask import Flask

from surveyor.web.saved_views import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
