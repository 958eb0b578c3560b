"""The events that the SendGrid-compatible server would post about what it took, signed with a key of its own."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from surveyor.testing.sendgrid_server.ledger import Taken


class Signer:
    """A P-256 key and what the webhook settings would show of it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """Base64 of the DER key: what goes into SENDGRID_WEBHOOK_KEYS."""
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def headers(self, raw: bytes, *, at: int) -> dict[str, str]:
        """The two headers of a batch posted at `at` (Unix seconds)."""
        signature = self._key.sign(str(at).encode() + raw, ec.ECDSA(hashes.SHA256()))
        return {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": str(at),
        }


def batch(events: list[dict[str, Any]]) -> bytes:
    """Compact JSON and CRLF, as they post it: the line end is signed too."""
    return json.dumps(events, separators=(",", ":"), ensure_ascii=False).encode() + b"\r\n"


def events_of(taken: Taken, *, at: int) -> list[dict[str, Any]]:
    """What happens to one message, by the prefix of its address: `hard- block- defer3- drop- spam- unsub-`."""
    prefix = taken.to.partition("-")[0]
    story: list[dict[str, Any]] = [{"event": "processed"}]
    if prefix == "hard":
        story.append({"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"})
    elif prefix == "block":
        story.append({"event": "bounce", "type": "blocked", "status": "4.2.2", "reason": "452 4.2.2 mailbox full"})
    elif prefix == "drop":
        story = [{"event": "dropped", "status": "5.0.0", "reason": "Bounced Address"}]
    else:
        deferrals = 3 if prefix == "defer3" else 0
        story += [{"event": "deferred", "attempt": str(n), "response": "421 4.7.0 later"} for n in range(deferrals)]
        story.append({"event": "delivered", "response": "250 2.0.0 OK"})
        story += [{"event": "spamreport"}] if prefix == "spam" else []
        story += [{"event": "unsubscribe"}] if prefix == "unsub" else []
    return [_event(taken, facts, at + delay) for delay, facts in enumerate(story)]


def _event(taken: Taken, facts: dict[str, Any], at: int) -> dict[str, Any]:
    """Arguments are flattened at the top level, and a reserved name hides an argument."""
    return {
        **taken.custom_args,
        "email": taken.to,
        "timestamp": at,
        "sg_event_id": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
        "sg_message_id": taken.sg_message_id,
        "category": taken.body.get("categories", []),
        **facts,
    }
