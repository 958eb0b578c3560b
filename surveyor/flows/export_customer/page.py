"""The readable page of a copy: one section for each kind of thing that the line keeps, without a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from surveyor.flows.export_customer.labels import label

_TITLES = {
    "customers": ("Identité", "Identity"),
    "customer_state": ("Mémoire des décisions", "Memory of decisions"),
    "cycles": ("Sollicitations à venir", "Emails to come"),
    "orders": ("Commandes", "Orders"),
    "order_events": ("Commandes telles que reçues", "Orders as they came"),
    "order_marks": ("Annulations et remboursements", "Cancellations and refunds"),
    "decisions": ("Décisions de vous écrire ou non", "Decisions to write to you or not"),
    "decision_history": ("Décisions remplacées", "Decisions made again"),
    "invitations": ("Invitations à répondre", "Invitations to answer"),
    "emails": ("E-mails", "Emails"),
    "send_attempts": ("Remises des e-mails", "Hand-overs of emails"),
    "email_events": ("Ce que les messageries en ont dit", "What mail providers said of them"),
    "provider_batches": ("Messages bruts des messageries", "Raw messages of mail providers"),
    "doubt_checks": ("Vérifications d'envois incertains", "Checks of uncertain hand-overs"),
    "visits": ("Ouvertures du questionnaire", "Openings of the survey"),
    "responses": ("Réponses", "Responses"),
    "response_revisions": ("Réponses, telles qu'envoyées", "Responses as they were sent"),
    "imported_responses": ("Réponses venues d'un autre outil", "Responses from another tool"),
    "customer_origins": ("Origine", "Origin"),
    "webhook_events": ("Faits transmis à d'autres outils", "Facts told to other tools"),
    "reviews": ("Avis que vous avez accepté de publier", "Reviews that you agreed to publish"),
    "review_reports": ("Doutes signalés sur vos avis", "Doubts reported about your reviews"),
    "response_labels": ("Libellés de vos réponses", "Labels of your responses"),
    "labellings": ("Classement de vos réponses", "Sorting of your responses"),
    "case_candidates": ("Réponses à examiner", "Responses to look at"),
    "cases": ("Suites données à vos réponses", "What was done about your responses"),
    "case_entries": ("Échanges avec vous et notes", "What was said with you, and notes"),
    "suppressions": ("Oppositions", "Oppositions"),
    "preferences": ("Fréquence choisie", "Frequency chosen"),
    "erasures": ("Demandes d'effacement", "Erasure requests"),
    "imports": ("Lignes refusées de fichiers", "Refused lines of files"),
    "alerts": ("Alertes", "Alerts"),
}
_WORDS = {
    "title": ("Copie de vos données", "A copy of your data"),
    "lead": (
        "Tout ce qui est conservé au sujet de ce client, le {made_at}. Le fichier JSON contient les mêmes données.",
        "Everything that is kept about this customer, on {made_at}. The JSON file holds the same data.",
    ),
    "files": ("E-mails conservés en fichiers", "Emails kept as files"),
    "nothing": ("Rien n'est conservé.", "Nothing is kept."),
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2a27}"
    "h2{margin-top:2.5rem;border-bottom:1px solid #c6d2ce}"
    "dl{display:grid;grid-template-columns:14rem 1fr;gap:.2rem 1rem;"
    "margin:1rem 0;padding:.8rem 1rem;background:#f4f7f6;border-radius:6px}dt{color:#51645f}"
    "dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}@media(max-width:40rem){dl{grid-template-columns:1fr}}"
)


def page_of(plain: Mapping[str, Any], language: str) -> str:
    """The copy as HTML, in French or English; every value is escaped, nothing is loaded from anywhere."""
    at = 0 if language == "fr" else 1

    def say(name: str) -> str:
        text = _WORDS[name][at].format(made_at=plain["made_at"][:16].replace("T", " "))
        return escape(text.replace("'", "\u2019") if at == 0 else text)

    parts = [_section(_TITLES.get(name, (name, name))[at], rows, at) for name, rows in _in_order(plain["tables"])]
    if plain["emails"]:
        parts.append(_section(_WORDS["files"][at], plain["emails"], at))
    body = "".join(parts) or f"<p>{say('nothing')}</p>"
    return (
        f'<!doctype html><html lang="{"fr" if at == 0 else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{say('title')}</title><style>{_STYLE}</style></head><body><main><h1>{say('title')}</h1>"
        f"<p><strong>{escape(str(plain['customer']))}</strong></p><p>{say('lead')}</p>{body}</main></body></html>\n"
    )


def _in_order(tables: Mapping[str, Any]) -> list[tuple[str, Any]]:
    order = {name: n for n, name in enumerate(_TITLES)}
    return sorted(tables.items(), key=lambda one: order.get(one[0], len(order)))


def _section(title: str, rows: list[Mapping[str, Any]], at: int) -> str:
    said = "".join(f"<dl>{''.join(_pair(label(name, at), value) for name, value in row.items())}</dl>" for row in rows)
    return f"<section><h2>{escape(title.replace(chr(39), chr(0x2019)))} ({len(rows)})</h2>{said}</section>"


def _pair(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
