"""The providers by name, and the one that a mail address names: the last step before an email leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from importlib import import_module
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from surveyor.core.pace import Pace
from surveyor.core.quoting import shown
from surveyor.errors import SettingsError
from surveyor.mail.providers.base import Provider, ProviderEvent

#: name (scheme of SURVEYOR_MAIL_URL) -> "module:function(ProviderSettings) -> Provider"
PROVIDERS: dict[str, str] = {
    "outbox": "surveyor.mail.providers.outbox:from_url",
    "smtp": "surveyor.mail.providers.smtp:from_url",
    "smtps": "surveyor.mail.providers.smtp:from_url",
    "sendgrid": "surveyor.mail.providers.sendgrid:from_url",
    "memory": "surveyor.mail.providers.memory:from_url",
}
#: whose events -> "module:function(raw, now) -> list[ProviderEvent]", which never raises; whatever sends today.
EVENTS: dict[str, str] = {
    "sendgrid": "surveyor.mail.providers.sendgrid_events:parse_events",
    "smtp": "surveyor.mail.providers.smtp.dsn:parse_dsn",
}
#: whose events -> "module:function(public keys) -> check(headers, raw, now)".
SIGNATURES: dict[str, str] = {"sendgrid": "surveyor.mail.providers.sendgrid_events:checker"}
#: What an address may say behind its "?", by provider; the pace (`pace_from_url`) for all.
PARAMETERS: dict[str, frozenset[str]] = {
    "smtp": frozenset(("starttls", "connections", "timeout", "ca")),
    "smtps": frozenset(("starttls", "connections", "timeout", "ca")),
    "sendgrid": frozenset(("host", "logs", "connections", "timeout", "ca")),
    "outbox": frozenset(("sync",)),
    "memory": frozenset(),
}
PACE = ("rate", "group_rate", "store_day", "warmup")
Check = Callable[[Mapping[str, str], bytes, datetime], bool]


class ProviderSettings:
    """What a provider is made from: the parts of its address, the secrets it may read, the clock."""

    __slots__ = ("now", "options", "secrets", "url")

    def __init__(self, url: SplitResult, secrets: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self.url = url
        self.options = dict(parse_qsl(url.query, keep_blank_values=True))
        self.secrets = secrets
        self.now = now

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        """A numeric parameter of the address, or SettingsError with what was expected."""
        text = self.options.get(name, "")
        try:
            value = float(text) if text else default
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise SettingsError(f"SURVEYOR_MAIL_URL: {name} is a number from {low:g} to {high:g}")
        return value


def provider_from_url(url: str, *, now: Callable[[], datetime], secrets: Mapping[str, str] | None = None) -> Provider:
    """The provider of `SURVEYOR_MAIL_URL`. `secrets` by setting name: `SENDGRID_API_KEY`, `SENDGRID_WEBHOOK_KEYS`,
    and `INSTANCE_NAME` (the 16 hex of this installation). SettingsError names what is wrong, never the secret."""
    refuse_url(url)
    parts = urlsplit(url)
    module, _, function = PROVIDERS[parts.scheme].partition(":")
    make: Any = getattr(import_module(module), function)
    provider: Provider = make(ProviderSettings(parts, secrets or {}, now))
    return provider


def refuse_url(url: str) -> None:
    """SettingsError when no provider, pace or parameter is called so; no provider is loaded for it."""
    parts = urlsplit(url)
    if parts.scheme not in PROVIDERS:
        raise SettingsError(f"SURVEYOR_MAIL_URL: starts with one of {', '.join(f'{name}://' for name in PROVIDERS)}")
    pace_from_url(url)
    _refuse_unknown(parts)


def _refuse_unknown(parts: SplitResult) -> None:
    """A misspelt parameter would be silently without effect: `startls=1` would be no TLS."""
    known = {*PACE, *PARAMETERS[parts.scheme]}
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known))}"
            raise SettingsError(f"SURVEYOR_MAIL_URL: {shown(name)} is not a parameter of {parts.scheme}://: {hint}")


def parse_batch(provider: str, raw: bytes, now: datetime) -> list[ProviderEvent]:
    """The events of a body that a provider sent; `now`: when it came. KeyError for a provider that tells nothing."""
    module, _, function = EVENTS[provider].partition(":")
    parse: Callable[[bytes, datetime], list[ProviderEvent]] = getattr(import_module(module), function)
    return parse(raw, now)


def signature_check(provider: str, keys: Sequence[str]) -> Check:
    """Whether one of these keys signed a body of events; without a key nothing is. SettingsError for a bad key."""
    if not keys:
        return lambda headers, raw, now: False
    module, _, function = SIGNATURES[provider].partition(":")
    make: Callable[[Sequence[str]], Check] = getattr(import_module(module), function)
    return make(keys)


def pace_from_url(url: str) -> Pace:
    """What an operator asks of the pace: `rate`, `group_rate` (emails a second), `warmup` (first day of a new domain,
    2026-11-20), `store_day` (invitations a day of one rule for one store). SettingsError names what is wrong."""
    given = ProviderSettings(urlsplit(url), {}, lambda: _NEVER)
    numbers = [given.number(name, 0.0, low=low, high=1e6) for name, low in _PACE_NUMBERS if given.options.get(name)]
    found = dict(zip([name for name, _ in _PACE_NUMBERS if given.options.get(name)], numbers, strict=True))
    warm_up = given.options.get("warmup", "")
    try:
        first = date.fromisoformat(warm_up) if warm_up else None
    except ValueError:
        raise SettingsError("SURVEYOR_MAIL_URL: warmup is a date, such as 2026-11-20") from None
    cap = found.get("store_day")
    return Pace(found.get("rate"), found.get("group_rate"), first, None if cap is None else int(cap))


_PACE_NUMBERS = (("rate", 0.01), ("group_rate", 0.01), ("store_day", 1.0))
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
