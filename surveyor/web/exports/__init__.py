"""Exports: what became of orders, and what was answered, as a file for somebody's spreadsheet."""

from __future__ import annotations

from flask import Flask

from surveyor.web.exports import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
