"""Standard Webhooks signatures: whoever is told of the line can check who says so, and that it is said now."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32
Headers = Mapping[str, str]


def new_secret(drawn: bytes) -> str:
    """The text of a secret, as receivers keep it; `drawn`: 32 random bytes."""
    if len(drawn) != SECRET_BYTES:
        raise ValueError(f"a secret is {SECRET_BYTES} bytes")
    return PREFIX + base64.b64encode(drawn).decode("ascii")


def sign(secrets: Sequence[str], *, message: str, at: int, body: bytes) -> Headers:
    """The three headers of a message: its id, seconds since 1970, and one `v1,` signature for each live secret.

    Source: Standard Webhooks 1.0.0, HMAC-SHA-256 of "id.timestamp.body".
    """
    signed = f"{message}.{at}.".encode() + body
    made = [
        "v1,"
        + base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), signed, "sha256")).decode("ascii")
        for secret in secrets
    ]
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": " ".join(made)}
