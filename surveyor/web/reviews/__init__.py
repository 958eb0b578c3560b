"""Reviews: what customers agreed to publish, judged by staff and read by everybody; words from elsewhere beside it."""

from __future__ import annotations

from flask import Flask

from surveyor.web.reviews import consent, files, public, publication, routes


def register(app: Flask) -> None:
    """Add the area."""
    app.register_blueprint(files.area)
    app.register_blueprint(routes.area)
    app.register_blueprint(publication.area)
    app.register_blueprint(public.area)
    app.register_blueprint(consent.area)
