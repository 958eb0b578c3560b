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


#: Group -> endpoint, label, icon, noun that the role must be able to read; the outbox shows addresses, hence "write".
#: The first is the day's work and always open; the others open where the reader is, so that the menu fits a window.
_GROUPS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "": (
        ("dashboard.overview", "menu.overview", "chart", "indicators"),
        ("dashboard.all_verbatims", "menu.verbatims", "quote", "responses"),
        ("inbox.listing", "menu.cases", "inbox", "cases"),
        ("plans.listing", "menu.plans", "goal", "labels"),
        ("alerts.listing", "menu.alerts", "bell", "sending_pause"),
    ),
    "analyse": (
        ("dashboard.compare", "menu.compare", "compare", "indicators"),
        ("labels.listing", "menu.labels", "tag", "labels"),
        ("dashboard.response_rate", "menu.rates", "reply", "indicators"),
        ("dashboard.customers", "menu.customers", "user", "indicators"),
        ("custscore.page", "menu.custscore", "gauge", "indicators"),
        ("matrix.page", "menu.matrix", "matrix", "matrix"),
        ("benchmark.page", "menu.benchmark", "chart", "benchmark"),
        ("goals.listing", "menu.goals", "goal", "goals"),
    ),
    "report": (
        ("reports.express", "menu.express", "check", "responses"),
        ("voice_report.page", "menu.voice", "quote", "responses"),
        ("sent_reports.listing", "menu.reports_sent", "mail", "reports"),
        ("exports.form", "menu.exports", "out_file", "write export"),
    ),
    "follow": (
        ("funnel.page", "menu.funnel", "funnel", "indicators"),
        ("explain.search", "menu.explain", "search", "explain"),
        ("deliveries.listing", "menu.deliveries", "truck", "indicators"),
        ("suppressions.listing", "menu.suppressions", "stop", "suppressions"),
    ),
    "ask": (
        ("rules.active", "menu.rules", "flow", "rules"),
        ("surveys.listing", "menu.surveys", "form", "surveys"),
        ("emails.listing", "menu.emails", "mail", "emails"),
        ("experiments.listing", "menu.experiments", "flask", "experiments"),
        ("brands.listing", "menu.brands", "tag", "brands"),
    ),
    "publish": (
        ("reviews.listing", "menu.reviews", "star", "publication"),
        ("faq.listing", "menu.faq", "question", "publication"),
        ("widgets.listing", "menu.widgets", "frame", "widgets"),
    ),
    "administer": (
        ("stores.listing", "menu.stores", "store", "stores"),
        ("adoption.page", "menu.adoption", "store", "indicators"),
        ("users.listing", "menu.users", "people", "users"),
        ("sources.listing", "menu.sources", "in", "sources"),
        ("imports.listing", "menu.imports", "in", "write stores"),
        ("watch.page", "menu.watch", "question", "write emails"),
        ("keys.listing", "menu.keys", "key", "keys"),
        ("webhooks.listing", "menu.webhooks", "webhook", "webhooks"),
        ("outbox.listing", "menu.outbox", "out", "write emails"),
    ),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines under a title (none for the first), open where the reader is."""

    name: str
    entries: list[Entry]

    @property
    def here(self) -> bool:
        """Whether the reader is on one of its screens."""
        return any(entry.here for entry in self.entries)


def groups(*, nowhere: bool = False) -> list[Group]:
    """What this person may open, in groups; one that would be empty is not shown.

    nowhere: on a page of an error, which must not tell what exists from what does not by where it puts its reader.
    """
    found = [Group(name, _entries(lines, nowhere=nowhere)) for name, lines in _GROUPS.items()]
    return [group for group in found if group.entries]


def _entries(lines: tuple[tuple[str, str, str, str], ...], *, nowhere: bool) -> list[Entry]:
    staff = g.get("staff")
    page = "" if nowhere else request.endpoint or ""
    area = page.partition(".")[0]
    return [
        Entry(endpoint, label, icon, page == endpoint or (area == endpoint.partition(".")[0] != "dashboard"))
        for endpoint, label, icon, noun in lines
        if endpoint in current_app.view_functions and staff is not None and _may(staff, noun)
    ]


def _may(staff: Staff, wanted: str) -> bool:
    action, _, noun = wanted.rpartition(" ")
    return bool(staff.may("write" if action == "write" else "read", noun))
