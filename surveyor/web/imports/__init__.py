"""Past answers of another tool, by file: sent, its columns looked at, checked, then taken in and kept apart."""

from __future__ import annotations

from flask import Flask

from surveyor.web.imports import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
