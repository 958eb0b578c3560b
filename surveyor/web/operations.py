"""For those who run the line: is it alive, can it do its work, how much of it is there."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Flask, Response, current_app, jsonify, request
from prometheus_client import generate_latest

from surveyor.db import health
from surveyor.errors import NotFound
from surveyor.web.api.door import check_scope
from surveyor.web.here import now, services
from surveyor.web.security.gate import anybody
from surveyor.web.security.hosts import is_inside

log = structlog.get_logger("surveyor.operations")
CLOCK_LATE = timedelta(minutes=2)


def install(app: Flask) -> None:
    """Add /healthz, /readyz and /metrics."""

    @app.get("/healthz")
    @anybody
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.get("/readyz")
    @anybody
    def readyz() -> Response:
        failed = not_ready()
        response = jsonify(status="failed" if failed else "ok", failed=failed)
        response.status_code = 503 if failed else 200
        return response

    @app.get("/metrics")
    @anybody
    def metrics() -> Response:
        if not may_read_metrics():
            raise NotFound("metrics")
        body = generate_latest(current_app.extensions["surveyor.metrics"])
        return Response(body, content_type="text/plain; version=0.0.4; charset=utf-8")


def not_ready() -> list[str]:
    """What keeps this process from its work, by name only: database, migrations, clock.

    Tables that a newer version made keep it from nothing: it goes on until it is replaced.
    """
    from surveyor.db import migrations  # noqa: PLC0415 (what makes tables is not loaded for pages)

    try:
        with services().sessions() as session:
            health.answers(session)
            failed = [] if migrations.standing(session.connection()).workable else ["migrations"]
            beat = health.heartbeat(session) if not failed else None
    except Exception as error:
        log.error("not_ready", failed="database", error=type(error).__name__)
        return ["database"]
    if beat is not None and now() - beat > CLOCK_LATE:
        failed.append("clock")
    return failed


def may_read_metrics() -> bool:
    """Loopback, the declared networks, and any key with `metrics:read`; other keys are told what they lack."""
    if is_inside(request.remote_addr or "", services().settings.metrics_networks):
        return True
    if "Authorization" not in request.headers:
        return False
    check_scope("metrics:read")
    return True
