"""What the SendGrid-compatible server says of its account: scopes, tracking, senders, webhook, suppression lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(slots=True)
class Account:
    """Change a field to change what is answered. unreadable: paths that the key may not read (403)."""

    scopes: list[str] = field(default_factory=lambda: ["mail.send"])
    tracking: set[str] = field(default_factory=set)
    verified: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    webhook_url: str = ""
    webhook_enabled: bool = True
    signed: bool = True
    suppressed: dict[str, list[str]] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)

    def answer(self, address: str, public_key: str) -> tuple[int, Any]:
        """Status and JSON of a GET about the account; 404 for another path."""
        parts = urlsplit(address)
        path = parts.path.removeprefix("/v3/")
        if path in self.unreadable:
            return 403, {"errors": [{"message": "access forbidden", "field": None}]}
        if path.startswith("suppression/"):
            return 200, self._listed(path.removeprefix("suppression/"), parse_qs(parts.query))
        settings: dict[str, Any] = {
            "scopes": {"scopes": self.scopes},
            "tracking_settings": {
                "result": [
                    {"name": name, "title": name.title(), "enabled": name in self.tracking}
                    for name in ("google_analytics", "open", "click", "subscription")
                ]
            },
            "verified_senders": {"results": [{"from_email": one, "verified": True} for one in self.verified]},
            "whitelabel/domains": [{"domain": one, "valid": True} for one in self.domains],
            "user/webhooks/event/settings": {"enabled": self.webhook_enabled, "url": self.webhook_url},
            "user/webhooks/event/settings/signed": {"public_key": public_key if self.signed else ""},
        }
        if path in settings:
            return 200, settings[path]
        return 404, {"errors": [{"message": "not found", "field": None, "help": None}]}

    def _listed(self, name: str, asked: dict[str, list[str]]) -> list[dict[str, Any]]:
        start, limit = int(asked.get("offset", ["0"])[0]), int(asked.get("limit", ["500"])[0])
        found = self.suppressed.get(name, [])[start : start + limit]
        return [{"email": one, "created": 1795082401} for one in found]
