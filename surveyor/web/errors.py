"""How any failure between an order and an indicator is told: a page for people, a problem document for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from flask import Flask, Response, g, json, make_response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from surveyor.db.health import is_away
from surveyor.errors import Complaint, NotAllowed, NotFound, Refused
from surveyor.web.language import language
from surveyor.web.texts import catalogue, say

log = structlog.get_logger("surveyor.web")

#: Paths that machines call: they get problem documents and no session.
MACHINES = ("/api/", "/hooks/")
CODES = {
    400: "bad_request",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_type_unsupported",
    429: "rate_limited",
    503: "unavailable",
}


class Stop(Exception):
    """An answer that says no: its code has a title and a text in `texts/errors.toml`; `values` fill the text."""

    def __init__(self, code: str, status: int, *, where: str = "", headers: Any = None, **values: object) -> None:
        self.code, self.status, self.where = code, status, where
        self.headers: dict[str, str] = dict(headers or {})
        self.values = values
        super().__init__(code)


def install(app: Flask) -> None:
    """Answer every kind of error in one place; nothing of the inside (stack, SQL, path) leaves."""

    @app.errorhandler(Stop)
    def stopped(stop: Stop) -> Response:
        return answer(stop)

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        if is_machine():
            return problem(error.code, error.status, complaints=error.complaints)
        return page(error.code, error.status, complaints=error.complaints)

    @app.errorhandler(NotFound)
    def missing(_error: NotFound) -> Response:
        return answer(Stop("not_found", 404, where="path"))

    @app.errorhandler(NotAllowed)
    def forbidden(_error: NotAllowed) -> Response:
        return answer(Stop("not_allowed", 403, where="path", role=getattr(g.get("staff"), "role", "-")))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return answer(_from_http(error))

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if is_away(error):
            log.error("database_away", error=type(error).__name__)
            return answer(Stop("unavailable", 503, headers={"Retry-After": "5"}))
        log.exception("internal_error", path=request.path)
        return answer(Stop("internal_error", 500))


def is_machine() -> bool:
    """Whether the caller of this request is a machine."""
    return request.path.startswith(MACHINES) or request.path == "/metrics"


def answer(stop: Stop) -> Response:
    """The page or the problem document of a `Stop`."""
    if stop.status in (403, 429) or stop.code == "csrf_invalid":
        log.warning("refused", code=stop.code, status=stop.status, endpoint=request.endpoint or "")
    if is_machine():
        response = problem(stop.code, stop.status, where=stop.where, values=stop.values)
    elif request.path.startswith(("/s/", "/u/", "/f/")) and stop.code == "not_found":
        response = page("link_unknown", 404)
    else:
        response = page(stop.code, stop.status, values=stop.values)
    response.headers.update(stop.headers)
    return response


def page(
    code: str, status: int, *, complaints: Sequence[Complaint] = (), values: dict[str, Any] | None = None
) -> Response:
    """An error page in the reader's language; on public pages without the request number: the same bytes each time."""
    told = language()
    title, detail = _words(told, code, values or {}, complaints)
    public = request.path.startswith(("/s/", "/u/", "/f/", "/w/", "/r/"))
    view = "errors/public.html" if public else "errors/staff.html"
    said = {"code": code, "status": status, "title": title, "detail": detail, "complaints": complaints}
    try:
        body = render_template(view, **said, language=told, menu_stands=True)
    except Exception as error:
        # What failed may be what the menu or the frame is made of: the page that says so needs neither.
        log.warning("error_page_without_menu", error=type(error).__name__)
        body = render_template(view, **said, language=told, menu_stands=False)
    return make_response(body, status)


def problem(
    code: str,
    status: int,
    *,
    where: str = "",
    complaints: Sequence[Complaint] = (),
    values: dict[str, Any] | None = None,
) -> Response:
    """An RFC 9457 document: type, title, status, detail, code, request_id, and errors when there are several places."""
    told = language()
    title, detail = _words(told, code, values or {}, complaints)
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": g.get("request_id", ""),
    }
    if where:
        body["where"] = where
    if complaints:
        body["errors"] = [{"where": c.where, "code": c.code, "message": c.message(told)} for c in complaints]
    response = make_response(json.dumps(body, ensure_ascii=False), status)
    response.mimetype = "application/problem+json"
    return response


def _words(told: str, code: str, values: dict[str, Any], complaints: Sequence[Complaint]) -> tuple[str, str]:
    known = f"errors.{code}.title" in catalogue()
    titles = (f"errors.{code}.title", f"problems.{code}.title", "errors.bad_request.title")
    title = say(told, next(key for key in titles if key in catalogue()), **values)
    if complaints:
        return title, " ".join(complaint.message(told) for complaint in complaints)
    return title, say(told, f"errors.{code}.text" if known else "errors.bad_request.text", **values)


def _from_http(error: HTTPException) -> Stop:
    status = error.code or 500
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(set(error.valid_methods or ()) - {"OPTIONS"}))
        stop = Stop("method_not_allowed", 405, where="method", method=request.method, allowed=allowed)
        stop.headers["Allow"] = allowed
        return stop
    if status == 413:
        return Stop("body_too_large", 413, limit=256)
    code = CODES.get(status, "bad_request" if status < 500 else "internal_error")
    return Stop(code, status, where="path" if status == 404 else "", given=request.mimetype, role="-")
