"""The query of an address holds no NUL, which no text of PostgreSQL can hold: said once, before any page reads it."""

from __future__ import annotations

from flask import Flask, request

from surveyor.web.errors import Stop

#: What anybody may call with anything behind the question mark, which is not read there (S40).
UNREAD = ("/s/", "/u/", "/f/", "/w/")


def install(app: Flask) -> None:
    """Refuse such a query for every page of staff and every machine; a NUL in a path finds nothing by itself."""

    @app.before_request
    def check_query() -> None:
        if b"%00" in request.query_string and not request.path.startswith(UNREAD):
            raise Stop("bad_request", 400, where="query")
