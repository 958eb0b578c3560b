"""RFC 6376 in forty lines, relaxed/relaxed with RSA-SHA-256: what a sender's server does to our bytes."""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

COVERED = (
    "from:reply-to:to:subject:date:message-id:list-id:list-unsubscribe:list-unsubscribe-post:"
    "feedback-id:mime-version:content-type"
)


def sign(raw: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """The message with a DKIM-Signature above it that covers COVERED and the whole body."""
    head = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d=maison-x.fr; s=s1; h={COVERED}; bh={_body_hash(raw)}; b="
    signature = key.sign(_signed(raw, head.encode()), padding.PKCS1v15(), hashes.SHA256())
    return b"DKIM-Signature: " + head.encode() + base64.b64encode(signature) + b"\r\n" + raw


def verify(raw: bytes, key: rsa.RSAPublicKey) -> bool:
    """Whether the topmost DKIM-Signature of a message holds."""
    line = next(value for name, value in _headers(raw) if name == b"dkim-signature")
    head, _, signature = line.rpartition(b" b=")
    if f"bh={_body_hash(raw)};".encode() not in head:
        return False
    try:
        key.verify(base64.b64decode(signature), _signed(raw, head + b" b="), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _signed(raw: bytes, head: bytes) -> bytes:
    lines = []
    left = _headers(raw)
    for name in COVERED.encode().split(b":"):
        found = [value for other, value in left if other == name]
        lines += [name + b":" + value + b"\r\n" for value in found[-1:]]
    return b"".join(lines) + b"dkim-signature:" + _relaxed(head)


def _headers(raw: bytes) -> list[tuple[bytes, bytes]]:
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", raw.partition(b"\r\n\r\n")[0])
    pairs = [line.partition(b":") for line in unfolded.split(b"\r\n")]
    return [(name.strip().lower(), _relaxed(value)) for name, _, value in pairs]


def _relaxed(value: bytes) -> bytes:
    return re.sub(rb"[ \t]+", b" ", value).strip()


def _body_hash(raw: bytes) -> str:
    body = re.sub(rb"[ \t]+", b" ", raw.partition(b"\r\n\r\n")[2])
    body = re.sub(rb" \r\n", b"\r\n", body).rstrip(b"\r\n") + b"\r\n"
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
