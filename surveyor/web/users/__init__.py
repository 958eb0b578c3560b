"""Who may read the line, and how far: accounts, roles and scopes."""

from __future__ import annotations

from flask import Flask

from surveyor.web.users import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
