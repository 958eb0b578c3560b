"""Reports that people read: the express of a week, the voice of a month, what left by email, and who gets which."""

from flask import Flask

from surveyor.web.reports import routes, sent, subscriptions, voice


def register(app: Flask) -> None:
    """Add the pages of reports."""
    app.register_blueprint(routes.area)
    app.register_blueprint(voice.area)
    app.register_blueprint(sent.area)
    app.register_blueprint(subscriptions.area)
