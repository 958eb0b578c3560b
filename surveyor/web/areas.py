"""The areas of the site, from the customer's survey to the dashboard: each has `register(app)`, in its own folder."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

#: In the order in which they are registered; a new screen is one more line here.
AREAS = (
    "public",
    "api",
    "hooks",
    "problems",
    "privacy",
    "dashboard",
    "funnel",
    "reports",
    "explain",
    "auth",
    "profile",
    "users",
    "keys",
    "webhooks",
    "stores",
    "goals",
    "saved_views",
    "brands",
    "rules",
    "surveys",
    "emails",
    "approvals",
    "experiments",
    "suppressions",
    "sources",
    "deliveries",
    "automated",
    "alerts",
    "composites",
    "reviews",
    "faq",
    "watch",
    "widgets",
    "exports",
    "imports",
    "outbox",
    "inbox",
    "labels",
    "plans",
)


def register_all(app: Flask) -> None:
    """Register every area."""
    for name in AREAS:
        import_module(f"surveyor.web.{name}").register(app)
