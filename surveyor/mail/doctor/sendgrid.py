"""Point 4: the SendGrid account: what the key may do, who may be the sender, what it tracks, where its events go."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from surveyor.mail.doctor.line import Level, Line
from surveyor.mail.message import Message
from surveyor.mail.providers.sendgrid import payload

#: Scopes of every key, which nobody chose.
_ALWAYS = ("2fa_", "sender_verification_")
#: Reading these is what the product (logs, suppressions) and this doctor do with a key.
_READ = ("messages", "logs", "suppression", "asm", "tracking_settings", "user.webhooks.event", "whitelabel", "senders")
_LISTS = ("bounces", "blocks", "spam_reports", "invalid_emails", "unsubscribes")
_SECONDS, _PAGE, _ENOUGH = 10.0, 500, 50_000
_EVENTS_WITHIN = timedelta(hours=1)
_UNTRACKED = "docs/email.md: nothing is tracked"
HOOK = "/hooks/mail/sendgrid"


class Away(Exception):
    """The account could not be asked: no network, no TLS, no HTTP."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is asked about. webhook_keys: ours, base64 of DER. senders: From addresses. last_*: of the database."""

    host: str
    key: str = field(repr=False)
    base_url: str
    webhook_keys: Collection[str] = ()
    senders: Collection[str] = ()
    last_sent: datetime | None = None
    last_event: datetime | None = None
    ca_file: str = ""


def check_account(account: Account, samples: Mapping[str, Message]) -> Iterator[Line]:
    """samples: name -> a message to check in sandbox mode, which sends nothing and costs nothing."""
    try:
        status, scopes = ask(account, "GET", "/v3/scopes")
        if status != 200:
            yield _refused(account, status)
            return
        yield Line(4, "key", Level.OK, f"accepted at {urlsplit(account.host).hostname}", "", "POST /v3/mail/send")
        yield from _scopes(set(scopes.get("scopes", [])))
        for name, message in samples.items():
            yield _sandbox(account, name, message)
        yield from _senders(account)
        yield from _tracking(account)
        yield from _webhook(account)
    except Away as away:
        advice = "look from where the workers run"
        yield Line(4, "SendGrid", Level.UNKNOWN, f"{account.host} does not answer ({away})", advice)


def ask(account: Account, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and JSON of one call; {} for a body that is none. Raises Away."""
    parts = urlsplit(account.host)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=account.ca_file or None)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    headers = {"Authorization": f"Bearer {account.key}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read(1 << 22)
    except (OSError, http.client.HTTPException) as wrong:
        raise Away(type(wrong).__name__) from wrong
    finally:
        connection.close()
    try:
        return answer.status, json.loads(content) if content else {}
    except ValueError:
        return answer.status, {}


def suppressed_there(account: Account) -> list[str] | None:
    """Every address on the account's own lists; None when the key may not read them."""
    found: list[str] = []
    for name in _LISTS:
        for offset in range(0, _ENOUGH, _PAGE):
            status, listed = ask(account, "GET", f"/v3/suppression/{name}?limit={_PAGE}&offset={offset}")
            if status != 200 or not isinstance(listed, list):
                return None
            found += [str(one.get("email", "")) for one in listed if isinstance(one, dict)]
            if len(listed) < _PAGE:
                break
    return found


def _refused(account: Account, status: int) -> Line:
    if status in (401, 403):
        advice = "make a key with the scope mail.send; an EU sub-user's works at host=https://api.eu.sendgrid.com alone"
        return Line(4, "key", Level.FAIL, f"refused ({status}) at {account.host}", advice, "POST /v3/mail/send")
    return Line(4, "key", Level.UNKNOWN, f"SendGrid answers {status}", "try again later")


def _scopes(scopes: set[str]) -> Iterator[Line]:
    if "mail.send" not in scopes:
        advice = "add mail.send to the key"
        yield Line(4, "scopes", Level.FAIL, "without mail.send nothing leaves", advice, "docs/email.md")
    more = sorted(one for one in scopes if one != "mail.send" and not one.startswith(_ALWAYS) and not _reads(one))
    if more:
        named = ", ".join(more[:5]) + ("…" if len(more) > 5 else "")
        advice = "a key that leaks should be able to do nothing else: make one with mail.send alone"
        yield Line(4, "scopes", Level.WARN, f"{len(more)} more than needed: {named}", advice, "docs/email.md")
    elif "mail.send" in scopes:
        yield Line(4, "scopes", Level.OK, "mail.send, and nothing that writes", "", "docs/email.md")


def _reads(scope: str) -> bool:
    return scope.endswith(".read") and scope.startswith(_READ)


def _sandbox(account: Account, name: str, message: Message) -> Line:
    body = {**payload(message, ""), "mail_settings": {"sandbox_mode": {"enable": True}}}
    status, answer = ask(account, "POST", "/v3/mail/send", body)
    if status == 200:
        return Line(4, f"sandbox {name}", Level.OK, "SendGrid would take it", "", "POST /v3/mail/send")
    errors = answer.get("errors", []) if isinstance(answer, dict) else []
    said = "; ".join(str(one.get("field") or one.get("message")) for one in errors if isinstance(one, dict))
    level = Level.FAIL if status in (400, 401, 403, 413) else Level.UNKNOWN
    return Line(
        4, f"sandbox {name}", level, f"{status} {said}"[:120].strip(), "see the field it names", "POST /v3/mail/send"
    )


def _senders(account: Account) -> Iterator[Line]:
    first, single = ask(account, "GET", "/v3/verified_senders?limit=500")
    second, domains = ask(account, "GET", "/v3/whitelabel/domains?limit=500")
    if 200 not in (first, second):
        advice = "a key with sender_verification_eligible and whitelabel.read can look"
        yield Line(4, "sender identity", Level.UNKNOWN, f"the key may not read it ({first})", advice)
        return
    listed = single.get("results", []) if isinstance(single, dict) else []
    addresses = {str(one.get("from_email", "")).lower() for one in listed if one.get("verified")}
    names = domains if isinstance(domains, list) else []
    valid = {str(one.get("domain", "")).lower() for one in names if one.get("valid")}
    for sender in account.senders:
        domain = sender.rpartition("@")[2].lower()
        own = sender.lower() in addresses or any(domain == one or domain.endswith(f".{one}") for one in valid)
        level, found, advice = (Level.OK, "verified", "") if own else (Level.FAIL, "not verified", "authenticate")
        advice = advice and f"authenticate the domain {domain} in SendGrid"
        yield Line(4, f"sender identity {domain}", level, found, advice, "docs/email.md")


def _tracking(account: Account) -> Iterator[Line]:
    status, answer = ask(account, "GET", "/v3/tracking_settings")
    if status != 200:
        advice = "see Settings, Tracking in SendGrid; ours are off in every request all the same"
        yield Line(4, "tracking", Level.UNKNOWN, f"the key may not read it ({status})", advice)
        return
    on = [str(one["name"]) for one in answer.get("result", []) if one.get("enabled")]
    on = [name for name in on if name in ("open", "click", "subscription")]
    if on:
        advice = "switch it off for the account: what another tool sends is tracked, and links are rewritten"
        yield Line(4, "tracking", Level.FAIL, f"on for the account: {', '.join(on)}", advice, _UNTRACKED)
    else:
        yield Line(4, "tracking", Level.OK, "open, click and subscription are off", "", _UNTRACKED)


def _webhook(account: Account) -> Iterator[Line]:
    wanted = account.base_url + HOOK
    status, answer = ask(account, "GET", "/v3/user/webhooks/event/settings")
    if status != 200:
        advice = "see Settings, Mail Settings, Event Webhooks in SendGrid"
        yield Line(4, "event webhook", Level.UNKNOWN, f"the key may not read it ({status})", advice)
    elif not answer.get("enabled") or answer.get("url") != wanted:
        what = f"posts to {answer.get('url')}" if answer.get("enabled") else "switched off"
        advice = f"set it to {wanted}, with signature"
        yield Line(4, "event webhook", Level.FAIL, what, advice, "SendGrid: Event Webhook")
    else:
        yield Line(4, "event webhook", Level.OK, f"posts to {wanted}", "", "SendGrid: Event Webhook")
    status, answer = ask(account, "GET", "/v3/user/webhooks/event/settings/signed")
    theirs = str(answer.get("public_key", "")) if isinstance(answer, dict) else ""
    if status != 200:
        yield Line(4, "webhook key", Level.UNKNOWN, f"the key may not read it ({status})", "compare it by eye")
    elif not theirs:
        advice = "switch the signature on, and put its public key into SENDGRID_WEBHOOK_KEYS"
        yield Line(
            4, "webhook key", Level.FAIL, "events are not signed: we refuse them", advice, "SendGrid: Event Webhook"
        )
    elif theirs not in account.webhook_keys:
        advice = "put the public key that SendGrid shows into SENDGRID_WEBHOOK_KEYS"
        yield Line(4, "webhook key", Level.FAIL, "theirs is not one of ours", advice, "SendGrid: Event Webhook")
    else:
        yield Line(4, "webhook key", Level.OK, "signed with a key of ours", "", "SendGrid: Event Webhook")
    yield _fresh(account)


def _fresh(account: Account) -> Line:
    sent, heard = account.last_sent, account.last_event
    if sent is None:
        return Line(4, "last event", Level.UNKNOWN, "nothing was sent yet", "look again after the first emails")
    if heard is not None and heard + _EVENTS_WITHIN >= sent:
        return Line(4, "last event", Level.OK, f"{heard:%Y-%m-%d %H:%M} UTC", "", "SendGrid: Event Webhook")
    what = "no event ever came" if heard is None else f"the last came at {heard:%Y-%m-%d %H:%M} UTC"
    advice = f"the last email left at {sent:%Y-%m-%d %H:%M} UTC: look at the webhook's errors in SendGrid"
    return Line(4, "last event", Level.FAIL, what, advice, "SendGrid: Event Webhook")
