"""Reports that people read: the express of a week, on a page and as files for those who send it on."""

from flask import Flask

from surveyor.web.reports.routes import area


def register(app: Flask) -> None:
    """Add the pages of reports."""
    app.register_blueprint(area)
