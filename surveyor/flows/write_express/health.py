"""What the support edition of the express adds: anomalies of stores, deliverability, health of the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from surveyor.core.indicators import Envelope
from surveyor.core.indicators.changes import RATE_BASE, Z_ALERT
from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.intervals import two_proportions
from surveyor.core.periods import Period
from surveyor.core.quoting import french
from surveyor.core.reasons import label
from surveyor.core.rounding import display_count, display_rate
from surveyor.core.tally import Tally
from surveyor.db import alerts, stores, tallies
from surveyor.flows.write_express.asked import Asked

MOST_STORES, MOST_REASONS = 5, 3


def health(
    session: Any, asked: Asked, windows: Mapping[str, Period], figures: Mapping[str, Envelope]
) -> tuple[str, ...]:
    """The sentences, in their order; one without anything to say is left out."""
    said = (
        _alerts(session, asked.language),
        _delivery(figures, asked.language),
        _stores(session, asked, windows["mature_sent"]),
        _reasons(session, asked, windows["week"]),
    )
    return tuple(french(one) if asked.language == "fr" else one for one in said if one)


def _alerts(session: Any, language: str) -> str:
    n = alerts.count_open(session)
    if language == "fr":
        return "Aucune alerte ouverte." if not n else "1 alerte ouverte." if n == 1 else f"{n} alertes ouvertes."
    return "No open alert." if not n else "1 open alert." if n == 1 else f"{n} open alerts."


def _delivery(figures: Mapping[str, Envelope], language: str) -> str:
    rate = figures["delivery_rate"]
    if not rate.shown:
        return ""
    n = display_count(int(rate.n), language)
    if language == "fr":
        return f"Délivrabilité de la semaine : {rate.display} de {n} e-mails envoyés."
    return f"Deliverability of the week: {rate.display} of {n} emails sent."


def _stores(session: Any, asked: Asked, period: Period) -> str:
    """Stores whose response rate is far from that of all others (z of 3), by name."""
    by_store = {key[0]: tally for key, tally in tallies.sums(session, asked.reach, period, by=("store",)).items()}
    if not asked.delivery_events:
        by_store = {store: assume_delivered(tally) for store, tally in by_store.items()}
    everybody = Tally.sum(by_store.values())
    names = stores.names(session).stores
    odd = []
    for store, tally in by_store.items():
        rest = everybody - tally
        if tally.delivered < RATE_BASE or rest.delivered <= 0:
            continue
        z, _ = two_proportions((tally.responded, tally.delivered), (rest.responded, rest.delivered))
        if abs(z) >= Z_ALERT:
            odd.append(
                f"{names.get(store, store)} {display_rate(tally.responded, tally.delivered, asked.language)} "
                f"({display_count(tally.delivered, asked.language)})"
            )
    if not odd:
        return ""
    listed = ", ".join(sorted(odd, key=str.lower)[:MOST_STORES]) + ("…" if len(odd) > MOST_STORES else ".")
    if asked.language == "fr":
        return f"Taux de réponse à part des autres magasins (délivrés) : {listed}"
    return f"Response rate apart from other stores (delivered): {listed}"


def _reasons(session: Any, asked: Asked, week: Period) -> str:
    """The most frequent reasons of not writing: what the rules did in the week."""
    found: Counter[str] = Counter()
    for (_stage, reason), n in tallies.reasons(session, asked.reach, week).get((), {}).items():
        found[reason] += n
    if not found:
        return ""
    colon = " : " if asked.language == "fr" else ": "
    top = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:MOST_REASONS]
    listed = "; ".join(f"{label(reason, asked.language)}{colon}{display_count(n, asked.language)}" for reason, n in top)
    if asked.language == "fr":
        return f"Pourquoi les règles n'ont pas écrit : {listed.replace('; ', ' ; ')}."
    return f"Why the rules did not write: {listed}."
