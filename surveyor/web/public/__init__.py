"""Where customers answer: the survey, its thanks, and how to hear from us less; no sign-in, no cookie."""

from __future__ import annotations

from flask import Flask

from surveyor.web.public import call_back, look, survey, unsubscribe


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(look.area)
    app.register_blueprint(survey.area)
    app.register_blueprint(call_back.area)
    app.register_blueprint(unsubscribe.area)
