"""What would have changed a decision, in words: "with 1 more order from 12 January to 11 March"."""

from __future__ import annotations

from collections.abc import Sequence

from surveyor.core.decision import Decision
from surveyor.core.explain.change import Change, Changes
from surveyor.core.explain.words import day_words, days_words, orders_words
from surveyor.core.quoting import french
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rounding import decimal, percent_sign
from surveyor.core.rules import Rule

_PLAIN: dict[str, tuple[str, str]] = {
    "address": ("avec une adresse connue", "with a known address"),
    "store": ("avec un magasin non exclu des enquêtes", "with a store that is not excluded from surveys"),
    "unpaused": ("sans pause demandée par le client", "without a pause asked by the customer"),
    "scope": ("avec une commande dans le périmètre de la règle", "with an order in the scope of the rule"),
    "free": ("sans autre envoi déjà prévu", "without another email already planned"),
    "cycle": ("sans cycle déjà en cours", "without a cycle already under way"),
    "held": ("hors du groupe témoin", "outside the holdout group"),
}
_ALLOWED: dict[Reason | None, tuple[str, str]] = {
    Reason.UNSUBSCRIBED: ("sans désinscription", "without an unsubscription"),
    Reason.SPAM_COMPLAINT: ("sans signalement de courrier indésirable", "without a report of spam"),
    Reason.HARD_BOUNCE: ("avec une adresse valide", "with a valid address"),
    Reason.BLOCKED: ("avec une adresse non bloquée", "with an address that is not blocked"),
}


def ways_words(ways: Sequence[Changes], decision: Decision, rule: Rule, *, language: str) -> tuple[str, ...]:
    """A sentence for each way to another outcome."""
    asked = decision.verdict is Verdict.SCHEDULED
    return tuple(
        _sentence([change_words(one, decision, rule, language=language) for one in way], asked, language)
        for way in ways
    )


def change_words(change: Change, decision: Decision, rule: Rule, *, language: str) -> str:
    """One thing that was different, to be put in a sentence: "with this order 3 days later (on 14 March)"."""
    at = 0 if language == "fr" else 1
    if change.code in _PLAIN:
        return _PLAIN[change.code][at]
    if change.code == "allowed":
        return _ALLOWED[change.reason][at]
    days = [None if day is None else day_words(day, language, near=decision.day) for day in (change.first, change.last)]
    return _counted(change, days, rule, language) or _moved(change, days[0] or "", decision, language)


def _counted(change: Change, days: list[str | None], rule: Rule, language: str) -> str:
    """Of how many orders, or of a share."""
    in_french = language == "fr"
    if change.code == "orders":
        count = orders_words(change.n, language)
        here = rule.count_scope == "store"
        if in_french:
            span = f"le {days[0]}" if days[0] == days[1] else f"du {days[0]} au {days[1]}"
            return f"avec {count} de plus {span}{' dans ce magasin' if here else ''}"
        span = f"on {days[0]}" if days[0] == days[1] else f"from {days[0]} to {days[1]}"
        return f"with {count.replace(' ', ' more ', 1)} {span}{' in this store' if here else ''}"
    if change.code == "none":
        if in_french:
            return f"sans aucune commande du {days[0]} au {days[1]}"
        return f"without any order from {days[0]} to {days[1]}"
    if change.code == "fewer":
        if in_french:
            return f"avec {orders_words(change.n, 'fr')} de moins parmi celles comptées"
        return f"with {orders_words(change.n, 'en').replace(' ', ' fewer ', 1)} among those counted"
    if change.code == "drawn":
        rate = percent_sign(decimal(100 * (change.rate or 0.0), 1, language), language)
        return f"avec un taux de tirage au-dessus de {rate}" if in_french else f"with a sampling rate over {rate}"
    return ""


def _moved(change: Change, day: str, decision: Decision, language: str) -> str:
    """Of this order on another day, or of one that was taken back."""
    in_french = language == "fr"
    if change.code == "kept":
        if change.order_id == decision.order_id:
            return "avec cette commande non annulée" if in_french else "with this order not cancelled"
        if in_french:
            return f"avec la commande {change.order_id} du {day} non annulée"
        return f"with order {change.order_id} of {day} not cancelled"
    days = days_words(change.n, language)
    if decision.occurrence > 1:
        return _looked(change, day, days, language)
    words = {
        "later": (f"avec cette commande {days} plus tard (le {day})", f"with this order {days} later (on {day})"),
        "sooner": (f"avec cette commande {days} plus tôt (le {day})", f"with this order {days} sooner (on {day})"),
        "known": (f"avec cette commande reçue {days} plus tôt", f"with this order received {days} sooner"),
    }
    return words[change.code][0 if in_french else 1]


def _looked(change: Change, day: str, days: str, language: str) -> str:
    """Of an email of a cycle, planned or looked at on another day."""
    in_french = language == "fr"
    if change.code == "known":
        return f"avec cet envoi traité {days} plus tôt" if in_french else f"with this email looked at {days} sooner"
    return f"avec cet envoi {days} plus tard (le {day})" if in_french else f"with this email {days} later (on {day})"


def _sentence(parts: list[str], asked: bool, language: str) -> str:
    first, word = parts[0], parts[0].partition(" ")[0]
    others = [one.removeprefix(f"{word} ") for one in parts[1:]]
    said = ", ".join([first, *others[:-1]])
    if others:
        said += f" {'et' if language == 'fr' else 'and'} {others[-1]}"
    said = said[:1].upper() + said[1:]
    if language == "fr":
        end = "aucun e-mail n'aurait été prévu" if asked else "un e-mail aurait été prévu"
        return french(f"{said}, {end}.")
    return f"{said}, {'no' if asked else 'an'} email would have been planned."
