"""What operators see of requests along the line: a number for each, a log line, counters without any person in them."""

from __future__ import annotations

import secrets
import threading
import time

import structlog
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from surveyor.web.here import let_others_count, services

log = structlog.get_logger("surveyor.access")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


def install(app: Flask) -> None:
    """Number, time, count and log every request."""
    registry = CollectorRegistry()
    labels = ["endpoint", "method", "status"]
    requests = Counter("surveyor_http_requests", "Requests answered.", labels, registry=registry)
    seconds = Histogram("surveyor_http_seconds", "Time to answer.", ["endpoint"], registry=registry, buckets=BUCKETS)
    app.extensions["surveyor.metrics"] = registry
    app.extensions["surveyor.counting"] = threading.Lock()

    @app.before_request
    def start() -> None:
        g.request_id = secrets.token_hex(8)
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        took = time.perf_counter() - g.get("started", time.perf_counter())
        endpoint = request.endpoint or "unknown"
        method = request.method if request.method in ("GET", "HEAD", "POST", "DELETE") else "other"
        requests.labels(endpoint, method, f"{response.status_code // 100}xx").inc()
        seconds.labels(endpoint).observe(took)
        response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
        _keep()
        if endpoint != "static_file":
            log.info(
                "request",
                method=method,
                path=request.path,
                status=response.status_code,
                ms=round(1000 * took, 1),
                request_id=g.get("request_id", ""),
            )
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        let_others_count()


def _keep() -> None:
    """Write what the request counted, now that it reads no more; a page that could not keep it is no worse."""
    keeper = g.get("keeper")
    if keeper is None:
        return
    try:
        keeper.flush(services().sessions)
    except Exception as error:
        log.warning("counts_not_kept", error=type(error).__name__)
