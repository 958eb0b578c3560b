"""What keys of one rule say together: conflicts that would never work, warnings that may be meant (rules.md, 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from surveyor.core.rules.findings import Findings
from surveyor.core.rules.rule import GlobalRules, Rule
from surveyor.core.toml import Path

DEFAULTS: dict[str, Any] = {f.name: f.default for f in fields(Rule) if f.name != "id"}

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """A rule as it would run: a value for each key, the keys that are `bad`, the table where its problems are said.

    `only`: for an arm, its own keys: what does not involve one of them was said of the rule itself.
    """

    values: Mapping[str, Any]
    bad: frozenset[str]
    table: Path
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """One finding: said on `key`, of a rule in which all of `involved` are right. Words follow the place."""

    level: str
    code: str
    key: str
    involved: tuple[str, ...]
    words: Words


def effective(given: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults under what is given: days of a window or a cool-down displace the months of the default."""
    values = {**DEFAULTS, **given}
    for thing in ("window", "cooldown"):
        if given.get(f"{thing}_days") is not None:
            values[f"{thing}_months"] = None
    return values


def check_together(found: Findings, view: View, *, above: GlobalRules) -> None:
    """Say every conflict and warning of one rule, or of the rule that an arm makes."""
    for clash in _clashes(view.values, above):
        involved = set(clash.involved)
        if involved & view.bad or (view.only is not None and not involved & view.only):
            continue
        en, fr = clash.words
        found.say((*view.table, clash.key), clash.code, en=en, fr=fr, level=clash.level)


def _clashes(v: Mapping[str, Any], above: GlobalRules) -> Iterator[Clash]:
    yield from _time_clashes(v)
    yield from _reminder_clashes(v, above)
    yield from _window_warnings(v, above)
    yield from _other_warnings(v)


def _time_clashes(v: Mapping[str, Any]) -> Iterator[Clash]:
    if not v["allow_night"] and not "08:00" <= v["send_time"] <= "20:00":
        en = f': {v["send_time"]} is at night. Expected a store time between 08:00 and 20:00, for example "10:00".'
        fr = f" : {v['send_time']} est la nuit."
        fr += ' Attendu : une heure de magasin entre 08:00 et 20:00, par exemple "10:00".'
        yield Clash("error", "night", "send_time", ("send_time", "allow_night"), (en, fr))
    if v["mode"] == "recurring" and v["idle_months"] == 0:
        en = ': mode = "recurring" needs 1 or more: nothing else stops it.'
        fr = " : mode = \"recurring\" demande 1 ou plus : rien d'autre ne l'arrête."
        yield Clash("error", "conflict", "idle_months", ("mode", "idle_months"), (en, fr))
    most = 28 * v["idle_months"]
    if 0 < most <= v["delay_days"]:
        delay, idle = v["delay_days"], v["idle_months"]
        en = f" = {delay}: too late with idle_months = {idle}, nothing would leave. Expected less than {most}."
        fr = f" = {delay} : trop tard avec idle_months = {idle}, rien ne partirait. Attendu moins de {most}."
        yield Clash("error", "conflict", "delay_days", ("delay_days", "idle_months"), (en, fr))


def _reminder_clashes(v: Mapping[str, Any], above: GlobalRules) -> Iterator[Clash]:
    after, closes = v["reminder_after_days"], v["response_window_days"]
    if after == 0 or after < min(closes, above.floor_days):
        return
    limit, en_name, fr_name = min(
        (
            closes,
            f"the link closes (response_window_days = {closes})",
            f"la fermeture du lien (response_window_days = {closes})",
        ),
        (above.floor_days, f"floor_days = {above.floor_days}", f"floor_days = {above.floor_days}"),
    )
    en = f" = {after}: a reminder goes before {en_name}. Expected less than {limit}, or 0 for none."
    fr = f" = {after} : une relance part avant {fr_name}. Attendu moins de {limit}, ou 0 pour aucune."
    yield Clash("error", "conflict", "reminder_after_days", ("reminder_after_days", "response_window_days"), (en, fr))


def _window_warnings(v: Mapping[str, Any], above: GlobalRules) -> Iterator[Clash]:
    window, cooldown = _key(v, "window"), _key(v, "cooldown")
    orders, (_, most_days) = v["min_orders"], _span(v, "window")
    if orders > most_days:
        en = f": {orders} orders in {_length(v, 'window', 'en')}. This rule would never fire."
        fr = f" : {orders} commandes en {_length(v, 'window', 'fr')}. Cette règle ne se déclencherait jamais."
        yield Clash("warning", "hard_to_reach", "min_orders", ("min_orders", window), (en, fr))
    if _shorter(v) and not v["consume_orders"]:
        en = f": {_length(v, 'cooldown', 'en')}, shorter than the window of {_length(v, 'window', 'en')}."
        en += " One order may bring two emails."
        fr = f" : {_length(v, 'cooldown', 'fr')}, moins que la fenêtre de {_length(v, 'window', 'fr')}."
        fr += " Une même commande peut compter pour deux e-mails."
        yield Clash("warning", "reuses_orders", cooldown, (cooldown, window, "consume_orders"), (en, fr))
    if _span(v, "cooldown")[1] < above.floor_days:
        en = f": {_length(v, 'cooldown', 'en')}, under floor_days = {above.floor_days}, which wins."
        fr = f" : {_length(v, 'cooldown', 'fr')}, moins que floor_days = {above.floor_days}, qui l'emporte."
        yield Clash("warning", "under_floor", cooldown, (cooldown,), (en, fr))


def _other_warnings(v: Mapping[str, Any]) -> Iterator[Clash]:
    if v["sampling_rate"] == 0:
        words = (" = 0: nobody would ever be asked.", " = 0 : personne ne serait jamais sollicité.")
        yield Clash("warning", "never_sends", "sampling_rate", ("sampling_rate",), words)
    if v["delay_days"] == 0 and v["max_late_days"] == 0:
        en = f" = 0 with delay_days = 0: an order after {v['send_time']} would always be too late."
        fr = f" = 0 avec delay_days = 0 : une commande après {v['send_time']} serait toujours trop tard."
        yield Clash("warning", "never_sends", "max_late_days", ("delay_days", "max_late_days"), (en, fr))
    if v["delay_days"] == 0:
        words = (": the email leaves on the day of the order.", " : l'e-mail part le jour même de la commande.")
        yield Clash("warning", "no_delay", "delay_days", ("delay_days",), words)
    if v["holdout_rate"] > 0.2:
        share = f"{100 * v['holdout_rate']:.3g}"
        en, fr = (
            f": {share}% of customers would never be asked.",
            f" : {share} % des clients ne seraient jamais sollicités.",
        )
        yield Clash("warning", "big_holdout", "holdout_rate", ("holdout_rate",), (en, fr))


def _key(v: Mapping[str, Any], thing: str) -> str:
    return f"{thing}_days" if v[f"{thing}_days"] is not None else f"{thing}_months"


def _span(v: Mapping[str, Any], thing: str) -> tuple[int, int]:
    """The fewest and the most days that it can last: a month has 28 to 31."""
    days = v[f"{thing}_days"]
    if days is not None:
        return days, days
    months = v[f"{thing}_months"]
    return 30 * months - 2, 31 * months


def _shorter(v: Mapping[str, Any]) -> bool:
    """Whether the cool-down is shorter than the window, whatever the months."""
    if v["cooldown_months"] is not None and v["window_months"] is not None:
        return bool(v["cooldown_months"] < v["window_months"])
    return _span(v, "cooldown")[1] < _span(v, "window")[0]


def _length(v: Mapping[str, Any], thing: str, language: str) -> str:
    days, months = v[f"{thing}_days"], v[f"{thing}_months"]
    if days is not None:
        return f"{days} jour{'s' * (days > 1)}" if language == "fr" else f"{days} day{'s' * (days > 1)}"
    return f"{months} mois" if language == "fr" else f"{months} month{'s' * (months > 1)}"
