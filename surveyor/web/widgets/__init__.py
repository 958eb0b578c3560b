"""Badges and carousels: made and followed by staff, served to the pages of a brand; the last step of the line."""

from __future__ import annotations

from flask import Flask

from surveyor.web.widgets import routes, served


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(served.area)
