"""From the orders to the comments, step by step: every figure leads to the rows that it was made of."""

from __future__ import annotations

from flask import Flask

from surveyor.web.funnel import routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
