"""Labels: what verbatims are about, the lexicon that says so in versions, and how well it does."""

from __future__ import annotations

from flask import Flask

from surveyor.web.labels import lexicon, review, routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
    app.register_blueprint(lexicon.area)
    app.register_blueprint(review.area)
