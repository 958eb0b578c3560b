"""SendGrid behind the providers' protocol: the one file that knows the package, with the three things it lacks.

A timeout on everything, kept connections, and no key in any log.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import sendgrid
from python_http_client.client import Client, Response

from surveyor.errors import SettingsError
from surveyor.mail.message import Message
from surveyor.mail.providers import ProviderSettings
from surveyor.mail.providers.base import (
    Absent,
    Accepted,
    Capabilities,
    ChannelError,
    Ended,
    Found,
    InDoubtError,
    PermanentError,
    ProviderError,
    ProviderEvent,
    TransientError,
    Unknown,
    nothing,
)
from surveyor.mail.providers.kept_http import Carrier, Request
from surveyor.mail.providers.sendgrid_events import parse_events, public_keys, verified

# At DEBUG the package writes the key and every payload.
for _noisy in ("python_http_client", "python_http_client.client"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)

HOST = "https://api.sendgrid.com"
CALL_SECONDS = 10.0
#: How long a 429 that does not say until when stops us.
WITHOUT_RESET = timedelta(seconds=60)
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)
_ADDRESS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+")
_NEVER_TRACK = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
}


@dataclass(frozen=True, slots=True)
class Account:
    """A SendGrid account. instance: 16 hex of this installation, sent back by events. logs: it has the Email Logs."""

    key: str = field(repr=False)
    host: str = HOST
    instance: str = ""
    logs: bool = False
    webhook_keys: str = ""
    ca_file: str = ""
    call_seconds: float = CALL_SECONDS
    connections: int = 20


class _Client(Client):  # type: ignore[misc]
    """The package's client over our carrier: codes come back as values, redirects are not followed, nothing is logged.

    `get` and `post` stand in for those that the package makes up on each call, with an opener and a copy of the payload
    as text for its log: four fifths of its time.
    """

    def __init__(self, carrier: Carrier, **about: Any) -> None:
        super().__init__(**about)
        self.carrier = carrier

    def _build_client(self, name: str | None = None) -> _Client:
        return _Client(
            self.carrier,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
        )

    def get(self) -> Response:
        """Ask for this address."""
        return self._call("GET", b"")

    def post(self, request_body: object) -> Response:
        """Post to this address, as JSON."""
        return self._call("POST", msgspec.json.encode(request_body))

    def begin(self, request_body: object) -> Request:
        """Post to this address and read the answer later."""
        path = self._build_url(None).removeprefix(self.host)
        return self.carrier.post("POST", path, (self.request_headers, msgspec.json.encode(request_body)))

    def _call(self, method: str, body: bytes) -> Response:
        path = self._build_url(None).removeprefix(self.host)
        return Response(self.carrier.carry(method, path, self.request_headers, body))


class SendGridProvider:
    """See `Provider`. One recipient per request; tracking off in every one; nothing personal in the metadata."""

    name = "sendgrid"

    def __init__(self, account: Account, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._instance = account.instance
        self._keys = public_keys(account.webhook_keys)
        self._carrier = Carrier(account.host, account.ca_file, account.call_seconds)
        self._api = sendgrid.SendGridAPIClient(api_key=account.key, host=account.host)
        headers = {**self._api.client.request_headers, "Content-Type": "application/json"}
        self._api.client = _Client(self._carrier, host=account.host, version=3, request_headers=headers)
        self._mail = self._api.client.mail.send
        lookup: Literal["search", "none"] = "search" if account.logs else "none"
        self.capabilities = Capabilities(
            group=20,
            call_seconds=account.call_seconds,
            lookup=lookup,
            events=True,
            sandbox=True,
            at_once=account.connections,
        )

    def send(self, message: Message) -> Accepted:
        """See `Provider.send`; the table of answers is that of the design."""
        ended = self.send_group([message])[0]
        if isinstance(ended, Accepted):
            return ended
        raise ended

    def send_group(self, messages: Sequence[Message], meanwhile: Callable[[], object] = nothing) -> list[Ended]:
        """See `Together.send_group`: every request is sent before the first answer is waited for."""
        sent: list[Request | Exception] = []
        for message in messages:
            try:
                sent.append(self._mail.begin(payload(message, self._instance)))
            except Exception as error:  # that of this email alone
                sent.append(error)
        meanwhile()
        return [one if isinstance(one, Exception) else self._answered(one) for one in sent]

    def _answered(self, request: Request) -> Ended:
        try:
            answer = self._carrier.receive(request)
        except Exception as error:  # that of this email alone
            return error
        if answer.status == 202:
            return Accepted(str(answer.headers.get("X-Message-Id", "")), "202")
        return self._refusal(answer.status, answer.headers, answer.content)

    def probe(self) -> None:
        """Asks for the key's scopes: nothing is sent, and a wrong key says so."""
        try:
            reply = self._api.client.scopes.get()
        except InDoubtError as silent:
            raise TransientError(silent.evidence) from silent
        if reply.status_code == 200:
            return
        refused = self._refusal(reply.status_code, reply.headers, reply.body)
        raise TransientError(refused.evidence) if isinstance(refused, InDoubtError) else refused

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Found | Absent | Unknown:
        """Reads the Email Logs of the ten minutes after `since`, when the account has them. Absent proves nothing."""
        # Arguments cannot be searched, and no more than a hundred emails are told: those of one address are few.
        whose = f'to_email = "{address}" AND ' if address and not set('"\\').intersection(address) else ""
        if self.capabilities.lookup == "none":
            return Unknown("no email logs")
        stamps = [
            (moment.astimezone(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
            for moment in (since - timedelta(seconds=5), since + timedelta(minutes=10))
        ]
        query = whose + (
            f'sg_message_id_created_at > TIMESTAMP "{stamps[0]}" AND sg_message_id_created_at < TIMESTAMP "{stamps[1]}"'
        )
        try:
            listed = self._api.client.logs.post({"query": query, "limit": 100})
            for one in json.loads(listed.body)["messages"]:
                about = json.loads(self._api.client.logs._(str(one["sg_message_id"])).get().body)
                arguments = about.get("unique_args") or about.get("custom_args") or {}
                arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
                if arguments.get("sv_email") == email_id.hex:
                    return Found(str(one["sg_message_id"]).partition(".")[0], "email logs")
        except (ProviderError, ValueError, KeyError, TypeError, AttributeError) as failed:
            return Unknown(f"email logs: {type(failed).__name__}")
        return Absent("not in the email logs")

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """The ECDSA signature over the raw bytes, by any of the configured keys, at most 25 h old."""
        return verified(self._keys, headers, raw, now=self._now())

    def parse(self, raw: bytes) -> list[ProviderEvent]:
        """See `Provider.parse`."""
        return parse_events(raw, self._now())

    def close(self) -> None:
        """Closes the connections that are free."""
        self._carrier.close()

    def _refusal(self, status: int, headers: Any, body: bytes) -> ProviderError:
        said, fields = _errors(status, body)
        if status == 429:
            return TransientError(said, retry_at=self._reset(headers), counts=False)
        if status in (400, 413, 415, 422):
            return PermanentError(said, bad_address=any(re.match(r"personalizations\.0\.to\b", f) for f in fields))
        if status in (401, 403, 404, 405) or 300 <= status < 400:
            return ChannelError(said)
        if 400 <= status < 500:
            return TransientError(said, answered=True)
        return InDoubtError(said, unexpected=200 <= status < 300)  # a sandbox that nobody asked for

    def _reset(self, headers: Any) -> datetime:
        now = self._now()
        after, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
        if _DIGITS.fullmatch(str(after)):
            return now + timedelta(seconds=min(int(after), 86400))
        if _DIGITS.fullmatch(str(reset)):
            seconds = int(reset) - now.timestamp()
            return now + timedelta(seconds=min(max(seconds, 1), 86400))
        return now + WITHOUT_RESET


def payload(message: Message, instance: str) -> dict[str, Any]:
    """The body of `POST /v3/mail/send`. Custom arguments are opaque: SendGrid keeps them as not personal."""
    to = {"email": message.address, "name": message.name} if message.name else {"email": message.address}
    sender = (
        {"email": message.sender, "name": message.sender_name} if message.sender_name else {"email": message.sender}
    )
    body: dict[str, Any] = {
        "personalizations": [
            {
                "to": [to],
                "custom_args": {"sv_email": message.id_text, "sv_try": str(message.attempt), "sv_name": instance},
            }
        ],
        "from": sender,
        "subject": message.subject,
        "categories": [message.kind],
        "headers": dict(message.headers),
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "tracking_settings": _NEVER_TRACK,
    }
    if message.reply_to:
        body["reply_to"] = {"email": message.reply_to}
    return body


def _errors(status: int, body: bytes) -> tuple[str, list[str]]:
    """What was answered, without addresses, and the fields it names."""
    try:
        errors = [error for error in json.loads(body)["errors"] if isinstance(error, dict)]
    except (ValueError, KeyError, TypeError):
        return f"{status}", []
    said = "; ".join(f"{error.get('field') or ''} {error.get('message') or ''}".strip() for error in errors)
    plain = "".join(c if c.isprintable() else " " for c in said)
    return f"{status} {_ADDRESS.sub('<…>', plain)}"[:300], [str(error.get("field") or "") for error in errors]


def from_url(settings: ProviderSettings) -> SendGridProvider:
    """`sendgrid://?host=https://api.eu.sendgrid.com&logs=1`, with `SENDGRID_API_KEY` and `SENDGRID_WEBHOOK_KEYS`."""
    key = settings.secrets.get("SENDGRID_API_KEY", "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise SettingsError("SENDGRID_API_KEY: the key is needed, on one line, when SURVEYOR_MAIL_URL is sendgrid://")
    host = settings.options.get("host", HOST).rstrip("/")
    parts = urlsplit(host)
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL)):
        raise SettingsError("SURVEYOR_MAIL_URL: host= is an https:// address (http:// for this machine alone)")
    account = Account(
        key,
        host=host,
        instance=settings.secrets.get("INSTANCE_NAME", ""),
        logs=settings.options.get("logs", "0") == "1",
        webhook_keys=settings.secrets.get("SENDGRID_WEBHOOK_KEYS", ""),
        ca_file=settings.options.get("ca", ""),
        call_seconds=settings.number("timeout", CALL_SECONDS, low=1, high=CALL_SECONDS),
        connections=int(settings.number("connections", 20, low=1, high=200)),
    )
    return SendGridProvider(account, now=settings.now)
