"""The inbox: cases that answers opened, what was said in each, and the texts that replies begin with."""

from __future__ import annotations

from flask import Flask

from surveyor.web.inbox import acts, followup, routes, texts


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(acts.area)
    app.register_blueprint(texts.area)
    app.register_blueprint(followup.area)
