"""The brands of the network: what customers see of each, in emails and on pages, and who signs."""

from __future__ import annotations

from flask import Flask

from surveyor.web.brands import preview, routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(preview.area)
