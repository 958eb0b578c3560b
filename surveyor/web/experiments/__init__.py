"""Experiments on the rules: declared before they start, shown with what they cost, concluded once they are over."""

from __future__ import annotations

from flask import Flask

from surveyor.web.experiments import declare, routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(declare.area)
