"""Screens leave compressed, a fifth of their size; between the pages of staff and their browser.

What repeats in a page shows in its compressed length. Nobody else can have a screen fetched with a person's session
(SameSite), and each answer is longer by a chance number of bytes, so that its length says nothing of a token in it.
"""

from __future__ import annotations

import secrets
import zlib

from flask import Flask, Response, g, request

SMALLEST = 2000
LEVEL = 4
_HEADER = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\xff"  # deflate, with a comment, of no date and no system
_AT_MOST = 256


def install(app: Flask) -> None:
    """Compress pages of signed-in people for browsers that say they can read it."""

    @app.after_request
    def pack(response: Response) -> Response:
        if g.get("staff") is None or response.mimetype != "text/html" or response.is_streamed:
            return response
        response.vary.add("Accept-Encoding")
        if not request.accept_encodings.quality("gzip") or "Content-Encoding" in response.headers:
            return response
        body = response.get_data()
        if len(body) >= SMALLEST:
            response.set_data(packed(body))
            response.headers["Content-Encoding"] = "gzip"
        return response


def packed(body: bytes) -> bytes:
    """As gzip (RFC 1952), with a comment of a chance length that every reader passes over."""
    made = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    end = zlib.crc32(body).to_bytes(4, "little") + (len(body) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join((_HEADER, b"." * secrets.randbelow(_AT_MOST), b"\0", made.compress(body), made.flush(), end))
