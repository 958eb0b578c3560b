"""The raw bytes that machines send, bounded while they are read, before anything is parsed or stored."""

from __future__ import annotations

from flask import request

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint, Refused

JSON = "application/json"
NDJSON = "application/x-ndjson"


def raw_body(limit: int, *, kinds: tuple[str, ...] = (JSON,)) -> bytes:
    """At most `limit` bytes of the body. Raises Refused: 415 for another type, charset or compression, 413 over it.

    Bytes are counted as they come; Content-Length is not believed.
    """
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        said = shown(coding)
        raise _refused(
            "encoding_unsupported",
            415,
            f"Content-Encoding {said} refusé : envoyez le corps sans compression.",
            f"Content-Encoding {said} is refused: send the body uncompressed.",
        )
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if kinds and (request.mimetype not in kinds or charset not in ("utf-8", "utf8")):
        said, wanted = shown(request.content_type or "-"), kinds
        raise _refused(
            "media_type_unsupported",
            415,
            f"Content-Type {said} refusé. Utilisez {' ou '.join(wanted)}.",
            f"Content-Type {said} is refused. Use {' or '.join(wanted)}.",
            where="Content-Type",
        )
    request.max_content_length = None
    raw = bytearray()
    while len(raw) <= limit and (piece := request.stream.read(min(65536, limit + 1 - len(raw)))):
        raw += piece
    if len(raw) > limit:
        size_fr, size_en = (
            (f"{limit // 2**20} Mio", f"{limit // 2**20} MiB") if limit >= 2**20 else (f"{limit} o", f"{limit} B")
        )
        raise _refused(
            "body_too_large", 413, f"Plus de {size_fr}. Découpez l'envoi.", f"More than {size_en}. Split it."
        )
    return bytes(raw)


def no_body(limit: int) -> None:
    """An empty body or an empty object; anything else would be thought to mean something, and is Refused.

    No body has no type; a form has one, and a browser sends it without being asked.
    """
    kinds = (JSON,) if request.content_type or request.content_length else ()
    if raw_body(limit, kinds=kinds).strip() not in (b"", b"{}"):
        fr, en = "Le corps est vide ou {} : rien ne s'y ajoute.", "The body is empty or {}: nothing goes into it."
        raise Refused([Complaint("", "field_unknown", french(fr), en)])


def _refused(code: str, status: int, message_fr: str, message_en: str, where: str = "") -> Refused:
    return Refused([Complaint(where, code, message_fr, message_en)], status=status)
