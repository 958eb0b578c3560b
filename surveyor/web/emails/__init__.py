"""The texts of emails that ask and remind: what is sent now, in every language, and the draft of what comes next."""

from __future__ import annotations

from flask import Flask

from surveyor.web.emails import draft, frames, routes

draft.register(routes.area)
frames.register(routes.area)


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(routes.area)
