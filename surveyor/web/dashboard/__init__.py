"""The end of the line: indicators for a scope and a period, and the customers' own words."""

from __future__ import annotations

from flask import Flask

from surveyor.web.dashboard import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
