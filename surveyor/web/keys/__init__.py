"""API keys: which machines may bring orders and read figures."""

from __future__ import annotations

from flask import Flask

from surveyor.web.keys import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
