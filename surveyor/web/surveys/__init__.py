"""What customers are asked: the questions in force, every version before, and the draft of the next."""

from __future__ import annotations

from flask import Flask

from surveyor.web.surveys import draft, questions, routes

draft.register(routes.area)
questions.register(routes.area)


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
