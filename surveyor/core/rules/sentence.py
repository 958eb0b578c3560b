"""A rule as one plain sentence: what the CX team reads above the form and in the list of rules."""

from __future__ import annotations

from surveyor.core.quoting import french
from surveyor.core.rules.labels import (
    date_text,
    days_text,
    joined,
    length_text,
    send_days_text,
    share_text,
    time_text,
)
from surveyor.core.rules.rule import WEEK, Experiment, Rule


def in_words(rule: Rule, language: str) -> str:
    """The rule in one sentence, "fr" or else English, and a short one for each thing that not every rule has."""
    if language == "fr":
        return french(" ".join([*_stopped(rule, "fr"), _asked_fr(rule), *_notes_fr(rule)]))
    return " ".join([*_stopped(rule, "en"), _asked_en(rule), *_notes_en(rule)])


def _stopped(rule: Rule, language: str) -> list[str]:
    if rule.active:
        return []
    return ["Règle arrêtée." if language == "fr" else "This rule is off."]


def _asked_fr(rule: Rule) -> str:
    orders = "une commande" if rule.min_orders == 1 else f"{rule.min_orders} commandes"
    orders += f" en {length_text(rule.window_months, rule.window_days, 'fr')}"
    if rule.count_scope == "store":
        orders += " dans le même magasin"
    delay = {0: "le jour même", 1: "le lendemain"}.get(rule.delay_days, f"{rule.delay_days} jours après")
    if rule.basis == "ordered_at":
        delay += " la commande" if rule.delay_days > 1 else " de la commande"
    every = length_text(rule.cooldown_months, rule.cooldown_days, "fr")
    pace = f"puis un autre tous les {every}" if rule.mode == "recurring" else f"au plus un tous les {every}"
    cap = f", {rule.cap_per_365d} au plus en 365 jours" if rule.cap_per_365d else ""
    idle = f", tant qu'il a commandé dans les {rule.idle_months} derniers mois" if rule.idle_months > 1 else ""
    idle = ", tant qu'il a commandé dans le dernier mois" if rule.idle_months == 1 else idle
    days = "" if len(rule.send_days) == len(WEEK) else f" ({send_days_text(rule.send_days, 'fr')})"
    at = f"à {time_text(rule.send_time, 'fr')}{days}"
    who = f"Un client{_scope(rule, 'fr')} qui a passé {orders}"
    return f"{who} reçoit un e-mail {delay}, {at}, {pace}{cap}{idle}."


def _asked_en(rule: Rule) -> str:
    orders = "one order" if rule.min_orders == 1 else f"{rule.min_orders} orders"
    orders += f" in {length_text(rule.window_months, rule.window_days, 'en')}"
    if rule.count_scope == "store":
        orders += " at the same store"
    delay = {0: "the same day", 1: "the day after"}.get(rule.delay_days, f"{rule.delay_days} days later")
    if rule.basis == "ordered_at":
        delay += ", counted from ordering"
    every = length_text(rule.cooldown_months, rule.cooldown_days, "en")
    pace = f"then another every {every}" if rule.mode == "recurring" else f"at most one every {every}"
    cap = f", {rule.cap_per_365d} at most in 365 days" if rule.cap_per_365d else ""
    idle = f", as long as they ordered in the last {rule.idle_months} months" if rule.idle_months > 1 else ""
    idle = ", as long as they ordered in the last month" if rule.idle_months == 1 else idle
    days = "" if len(rule.send_days) == len(WEEK) else f" ({send_days_text(rule.send_days, 'en')})"
    who = f"A customer{_scope(rule, 'en')} with {orders}"
    return f"{who} gets an email {delay}, at {rule.send_time}{days}, {pace}{cap}{idle}."


def _scope(rule: Rule, language: str) -> str:
    lists = (("segment", rule.segments), ("store", rule.store_ids), ("region", rule.regions))
    words = _SCOPE_FR if language == "fr" else _SCOPE_EN
    parts = [words[kind][len(names) > 1] + _one_of(names, language) for kind, names in lists if names]
    return "".join(f" {part}" for part in parts)


_SCOPE_FR = {
    "segment": ("du segment ", "des segments "),
    "store": ("du magasin ", "des magasins "),
    "region": ("de la région ", "des régions "),
}
_SCOPE_EN = {
    "segment": ("of segment ", "of segments "),
    "store": ("of store ", "of stores "),
    "region": ("of region ", "of regions "),
}


def _one_of(names: tuple[str, ...], language: str) -> str:
    return joined(names, language, last=" ou " if language == "fr" else " or ")


def _notes_fr(rule: Rule) -> list[str]:
    notes = []
    if rule.reminder_after_days:
        notes.append(f"Sans réponse, une relance part {days_text(rule.reminder_after_days, 'fr')} après.")
    notes.append(f"Le lien reste ouvert {days_text(rule.response_window_days, 'fr')}.")
    if rule.sampling_rate < 1:
        notes.append(f"{share_text(rule.sampling_rate, 'fr')} des occasions sont retenues.")
    if rule.holdout_rate > 0:
        notes.append(f"{share_text(rule.holdout_rate, 'fr')} des clients ne sont jamais sollicités (groupe témoin).")
    if rule.experiment:
        notes.append(_experiment(rule.experiment, "fr"))
    return notes


def _notes_en(rule: Rule) -> list[str]:
    notes = []
    if rule.reminder_after_days:
        notes.append(f"Without a response, a reminder goes {days_text(rule.reminder_after_days, 'en')} later.")
    notes.append(f"The link stays open for {days_text(rule.response_window_days, 'en')}.")
    if rule.sampling_rate < 1:
        notes.append(f"{share_text(rule.sampling_rate, 'en')} of the occasions are used.")
    if rule.holdout_rate > 0:
        notes.append(f"{share_text(rule.holdout_rate, 'en')} of the customers are never asked (holdout group).")
    if rule.experiment:
        notes.append(_experiment(rule.experiment, "en"))
    return notes


def _experiment(experiment: Experiment, language: str) -> str:
    arms = joined([arm.name for arm in experiment.arms], language)
    begins = experiment.starts and date_text(experiment.starts, language)
    ends = experiment.ends and date_text(experiment.ends, language)
    if language == "fr":
        dates = (f" à partir du {begins}" if begins else "") + (f" jusqu'au {ends}" if ends else "")
        return f"Expérience {experiment.name}{dates} : {arms}."
    dates = (f" from {begins}" if begins else "") + (f" until {ends}" if ends else "")
    return f"Experiment {experiment.name}{dates}: {arms}."
