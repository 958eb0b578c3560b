"""The menu of the screens that read the line: what a role may not open is not shown."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, request

from surveyor.web.security.people import Staff


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: its endpoint, the key of its label, its icon, and whether the reader is there now."""

    endpoint: str
    label: str
    icon: str
    here: bool


#: endpoint, label, icon, noun that the role must be able to read; the outbox shows addresses, hence "write".
_ENTRIES = (
    ("dashboard.overview", "menu.overview", "chart", "indicators"),
    ("dashboard.compare", "menu.compare", "compare", "indicators"),
    ("dashboard.all_verbatims", "menu.verbatims", "quote", "responses"),
    ("inbox.listing", "menu.cases", "inbox", "cases"),
    ("labels.listing", "menu.labels", "tag", "labels"),
    ("plans.listing", "menu.plans", "goal", "labels"),
    ("reports.express", "menu.express", "check", "responses"),
    ("voice_report.page", "menu.voice", "quote", "responses"),
    ("sent_reports.listing", "menu.reports_sent", "mail", "reports"),
    ("dashboard.response_rate", "menu.rates", "reply", "indicators"),
    ("dashboard.customers", "menu.customers", "user", "indicators"),
    ("funnel.page", "menu.funnel", "funnel", "indicators"),
    ("explain.search", "menu.explain", "search", "explain"),
    ("deliveries.listing", "menu.deliveries", "truck", "indicators"),
    ("suppressions.listing", "menu.suppressions", "stop", "suppressions"),
    ("exports.form", "menu.exports", "out_file", "write export"),
    ("imports.listing", "menu.imports", "in", "write stores"),
    ("rules.active", "menu.rules", "flow", "rules"),
    ("surveys.listing", "menu.surveys", "form", "surveys"),
    ("emails.listing", "menu.emails", "mail", "emails"),
    ("experiments.listing", "menu.experiments", "flask", "experiments"),
    ("custscore.page", "menu.custscore", "gauge", "indicators"),
    ("matrix.page", "menu.matrix", "matrix", "matrix"),
    ("benchmark.page", "menu.benchmark", "chart", "benchmark"),
    ("adoption.page", "menu.adoption", "store", "indicators"),
    ("reviews.listing", "menu.reviews", "star", "publication"),
    ("faq.listing", "menu.faq", "question", "publication"),
    ("widgets.listing", "menu.widgets", "frame", "widgets"),
    ("goals.listing", "menu.goals", "goal", "goals"),
    ("stores.listing", "menu.stores", "store", "stores"),
    ("brands.listing", "menu.brands", "tag", "brands"),
    ("sources.listing", "menu.sources", "in", "sources"),
    ("watch.page", "menu.watch", "question", "write emails"),
    ("alerts.listing", "menu.alerts", "bell", "sending_pause"),
    ("users.listing", "menu.users", "people", "users"),
    ("keys.listing", "menu.keys", "key", "keys"),
    ("webhooks.listing", "menu.webhooks", "webhook", "webhooks"),
    ("outbox.listing", "menu.outbox", "out", "write emails"),
)


def entries() -> list[Entry]:
    """The lines that this person may open."""
    staff = g.get("staff")
    area = (request.endpoint or "").partition(".")[0]
    return [
        Entry(
            endpoint, label, icon, request.endpoint == endpoint or (area == endpoint.partition(".")[0] != "dashboard")
        )
        for endpoint, label, icon, noun in _ENTRIES
        if endpoint in current_app.view_functions and staff is not None and _may(staff, noun)
    ]


def _may(staff: Staff, wanted: str) -> bool:
    action, _, noun = wanted.rpartition(" ")
    return bool(staff.may("write" if action == "write" else "read", noun))
