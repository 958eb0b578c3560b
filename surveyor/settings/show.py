"""Settings as a person may see them: `surveyor settings` prints these, with every secret masked."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from surveyor.settings.read import NAMES, Settings

MASK = "********"
_SECRET_WORDS = ("password", "pass", "key", "token", "secret")


def masked(settings: Settings) -> dict[str, str]:
    """Every setting by its name, as text. Secrets are a mask, passwords inside URLs too; lists are comma-separated."""
    return {name: _text(settings, field) for name, field in NAMES.items()}


def _text(settings: Settings, field: str) -> str:
    value = getattr(settings, field)
    if field == "sendgrid_api_key":
        return MASK if value else ""
    if field == "secret_keys":
        return f"{len(value)} x {MASK}" if value else ""
    if field.endswith("_url"):
        return without_password(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(str(item) for item in value) if isinstance(value, tuple) else str(value)


def without_password(url: str) -> str:
    """A URL whose password, and any query parameter named like one, is a mask."""
    parts = urlsplit(url)
    place = parts.netloc
    if "@" in place:
        user, _, host = place.rpartition("@")
        place = f"{user.partition(':')[0]}:{MASK}@{host}" if ":" in user else place
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    hidden = [(name, MASK if any(word in name.lower() for word in _SECRET_WORDS) else value) for name, value in pairs]
    query = urlencode(hidden, safe="*/:,@") if pairs else parts.query
    if not parts.netloc and url.startswith(f"{parts.scheme}://"):
        return f"{parts.scheme}://{parts.path}" + (f"?{query}" if query else "")
    return urlunsplit((parts.scheme, place, parts.path, query, ""))
