"""The words for the keys and values of a rule, in French and English, as screens, diffs and sentences use them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from surveyor.core.rules.rule import WEEK, Experiment

#: (French, English) by item; an item is a key, or `window` and `cooldown` for their months or days.
ITEM_LABELS: dict[str, tuple[str, str]] = {
    "name": ("nom", "name"),
    "active": ("active", "active"),
    "mode": ("mode", "mode"),
    "priority": ("priorité", "priority"),
    "min_orders": ("commandes demandées", "orders needed"),
    "window": ("fenêtre", "window"),
    "delay_days": ("délai", "delay"),
    "send_time": ("heure d'envoi", "sending time"),
    "allow_night": ("envoi de nuit permis", "night sending allowed"),
    "send_days": ("jours d'envoi", "sending days"),
    "cooldown": ("repos entre deux e-mails", "cool-down"),
    "idle_months": ("arrêt sans commande", "idle stop"),
    "basis": ("date qui compte", "date that counts"),
    "count_scope": ("commandes comptées", "orders counted"),
    "sampling_rate": ("part des occasions", "share of occasions"),
    "sampling_salt": ("sel du tirage", "sampling salt"),
    "holdout_rate": ("groupe témoin", "holdout group"),
    "cap_per_365d": ("plafond sur 365 jours", "cap over 365 days"),
    "max_late_days": ("retard maximal", "latest delay"),
    "consume_orders": ("commandes comptées une seule fois", "orders used up once counted"),
    "segments": ("segments", "segments"),
    "store_ids": ("magasins", "stores"),
    "regions": ("régions", "regions"),
    "survey": ("questionnaire", "survey"),
    "email": ("e-mail", "email"),
    "reminder_after_days": ("relance", "reminder"),
    "response_window_days": ("lien ouvert", "link open"),
    "experiment": ("expérience", "experiment"),
    "floor_days": ("plancher entre deux e-mails", "floor between two emails"),
    "send_grace_minutes": ("retard permis dans la journée", "grace after the hour"),
    "holdout_salt": ("sel du groupe témoin", "holdout salt"),
    "stop_all": ("tout arrêter", "stop everything"),
}

_WORDS: dict[str, tuple[str, str]] = {
    "order": ("à chaque commande qui remplit la règle", "at each order that meets the rule"),
    "recurring": ("récurrent", "recurring"),
    "fulfilled_at": ("retrait ou livraison", "collection or delivery"),
    "ordered_at": ("commande", "ordering"),
    "network": ("tout le réseau", "the whole network"),
    "store": ("le même magasin", "the same store"),
}

_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}

_IN_DAYS = ("delay_days", "max_late_days", "response_window_days", "floor_days")


def item_label(item: str, language: str) -> str:
    """The words for an item in "fr", anything else in English; an unknown item comes back as it is."""
    pair = ITEM_LABELS.get(item, (item, item))
    return pair[0] if language == "fr" else pair[1]


def days_text(number: int, language: str) -> str:
    """`1 jour`, `2 jours`; `1 day`, `2 days`."""
    unit = "jour" if language == "fr" else "day"
    return f"{number} {unit}{'s' * (number > 1)}"


def months_text(number: int, language: str) -> str:
    """`2 mois`; `1 month`, `2 months`."""
    return f"{number} mois" if language == "fr" else f"{number} month{'s' * (number > 1)}"


def length_text(months: int | None, days: int | None, language: str) -> str:
    """A length of time given in months or in days."""
    return months_text(months or 0, language) if days is None else days_text(days, language)


def share_text(share: float, language: str) -> str:
    """A share from 0 to 1 as a percentage of at most three figures: `2,5 %`, `2.5%`."""
    text = f"{100 * share:.3g}"
    return f"{text.replace('.', ',')} %" if language == "fr" else f"{text}%"


def time_text(send_time: str, language: str) -> str:
    """`10 h`, `10 h 30`; `10:00`."""
    if language != "fr":
        return send_time
    hour, minute = send_time.split(":")
    return f"{int(hour)} h" if minute == "00" else f"{int(hour)} h {minute}"


def send_days_text(days: Sequence[str], language: str) -> str:
    """`tous les jours`, `du lundi au vendredi`, `le mardi et le jeudi`; in the order of the week."""
    names = _DAYS["fr" if language == "fr" else "en"]
    at = [i for i, day in enumerate(WEEK) if day in days]
    if len(at) == len(WEEK):
        return "tous les jours" if language == "fr" else "every day"
    if len(at) > 2 and at == list(range(at[0], at[-1] + 1)):
        first, last = names[at[0]], names[at[-1]]
        return f"du {first} au {last}" if language == "fr" else f"{first} to {last}"
    if language == "fr":
        return joined([f"le {names[i]}" for i in at], language)
    return joined([names[i] for i in at], language)


def joined(names: Sequence[str], language: str, *, last: str = "") -> str:
    """`a`, `a et b`, `a, b et c`; `last` replaces " et "."""
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + (last or (" et " if language == "fr" else " and ")) + names[-1]


def date_text(day: date, language: str) -> str:
    """`01/09/2026` in French, `2026-09-01` in English."""
    return f"{day:%d/%m/%Y}" if language == "fr" else day.isoformat()


def value_text(item: str, value: object, language: str) -> str:
    """The value of an item as a person says it: `2 mois`, `10 h`, `tous`, `2 %`, `non`."""
    fr = language == "fr"
    if isinstance(value, bool):
        return ("oui" if value else "non") if fr else ("yes" if value else "no")
    if item in ("window", "cooldown") and isinstance(value, tuple):
        return length_text(value[0], value[1], language)
    if isinstance(value, Experiment):
        return _experiment_text(value, language)
    if item == "send_days" and isinstance(value, tuple):
        return send_days_text(value, language)
    if isinstance(value, tuple):
        return ", ".join(value) if value else ("tous" if fr else "all")
    if isinstance(value, str):
        return _text_of(item, value, language)
    if isinstance(value, float):
        return share_text(value, language)
    return _number_text(item, value, language)


def _text_of(item: str, value: str, language: str) -> str:
    if item == "send_time":
        return time_text(value, language)
    if item in ("mode", "basis", "count_scope") and value in _WORDS:
        return _WORDS[value][0 if language == "fr" else 1]
    return f"« {value} »" if language == "fr" else f'"{value}"'


def _number_text(item: str, value: object, language: str) -> str:
    if value is None or (value == 0 and item in ("idle_months", "reminder_after_days")):
        return "aucun" if language == "fr" else "none"
    assert isinstance(value, int)
    if item == "reminder_after_days":
        return f"{days_text(value, language)} {'après' if language == 'fr' else 'after'}"
    if item in _IN_DAYS:
        return days_text(value, language)
    if item == "idle_months":
        return months_text(value, language)
    return f"{value} minutes" if item == "send_grace_minutes" else str(value)


def _experiment_text(experiment: Experiment, language: str) -> str:
    arms = []
    for arm in experiment.arms:
        changes = ", ".join(f"{k} = {_raw(v)}" for k, v in arm.overrides.items())
        arms.append(f"{arm.name} × {arm.weight}" + (f" ({changes})" if changes else ""))
    begins = date_text(experiment.starts, language) if experiment.starts else "…"
    ends = date_text(experiment.ends, language) if experiment.ends else "…"
    return (
        f"{experiment.name} [{begins} - {ends}] : {', '.join(arms)}"
        if language == "fr"
        else (f"{experiment.name} [{begins} - {ends}]: {', '.join(arms)}")
    )


def _raw(value: object) -> str:
    return " ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)
