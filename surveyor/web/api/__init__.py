"""The API: orders in, figures, lists and explanations out, each route behind the scope of a key."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, json, make_response, render_template

from surveyor.web.api import composites, customers, explain, goals, indicators, lists, orders, rules, webhooks
from surveyor.web.api.door import guard, key_for
from surveyor.web.api.openapi import document
from surveyor.web.here import services
from surveyor.web.language import language
from surveyor.web.problems import codes
from surveyor.web.texts import say


@key_for("")
def openapi() -> Response:
    """The OpenAPI document."""
    response = make_response(json.dumps(document(services().settings.base_url), ensure_ascii=False))
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "no-cache"
    return response


@key_for("")
def docs() -> str:
    """The same, to be read by a person."""
    told = language()
    entries = [
        {
            "method": method.upper(),
            "path": path,
            "summary": say(told, f"api.summary.{operation['operationId']}"),
            "scope": operation.get("x-scope", ""),
            "parameters": [one["name"] for one in operation.get("parameters", ())],
            "example": _example(operation),
        }
        for path, methods in document(services().settings.base_url)["paths"].items()
        for method, operation in methods.items()
    ]
    return render_template("api/docs.html", entries=entries, codes=codes(), language=told)


def _example(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    found = content.get("application/json", {}).get("example")
    return json.dumps(found, indent=2, ensure_ascii=False) if found else ""


def register(app: Flask) -> None:
    """Add the routes and their door."""
    blueprint = Blueprint("api", __name__)
    routes: dict[tuple[str, str], Any] = {
        ("POST", "/api/v1/orders"): orders.post_orders,
        ("GET", "/api/v1/indicators"): indicators.list_indicators,
        ("GET", "/api/v1/indicators/<name>"): indicators.one_indicator,
        ("GET", "/api/v1/goals"): goals.list_goals,
        ("GET", "/api/v1/custscore"): composites.custscore,
        ("GET", "/api/v1/matrix"): composites.matrix,
        ("GET", "/api/v1/benchmark"): composites.benchmark,
        ("GET", "/api/v1/responses"): lists.list_responses,
        ("GET", "/api/v1/invitations"): lists.list_invitations,
        ("GET", "/api/v1/decisions"): lists.list_decisions,
        ("GET", "/api/v1/explain"): explain.explain,
        ("POST", "/api/v1/customers/<customer>/unsubscribe"): customers.unsubscribe,
        ("DELETE", "/api/v1/customers/<customer>"): customers.erase,
        ("POST", "/api/v1/rules/check"): rules.check,
        ("POST", "/api/v1/rules/replay"): rules.replay,
        ("GET", "/api/v1/webhooks"): webhooks.list_webhooks,
        ("POST", "/api/v1/webhooks"): webhooks.make_webhook,
        ("GET", "/api/v1/webhooks/<webhook>"): webhooks.one_webhook,
        ("DELETE", "/api/v1/webhooks/<webhook>"): webhooks.end_webhook,
        ("POST", "/api/v1/webhooks/<webhook>/pause"): webhooks.pause_webhook,
        ("POST", "/api/v1/webhooks/<webhook>/resume"): webhooks.resume_webhook,
        ("POST", "/api/v1/webhooks/<webhook>/secret"): webhooks.rotate_webhook,
        ("GET", "/api/v1/webhooks/<webhook>/deliveries"): webhooks.list_deliveries,
        ("POST", "/api/v1/webhooks/<webhook>/deliveries/<event>/replay"): webhooks.replay_delivery,
        ("GET", "/api/v1/openapi.json"): openapi,
        ("GET", "/api/docs"): docs,
    }
    guard(blueprint, {view.__name__: view for view in routes.values()})
    for (method, path), view in routes.items():
        blueprint.add_url_rule(path, view.__name__, view, methods=[method], provide_automatic_options=False)
    app.register_blueprint(blueprint)
