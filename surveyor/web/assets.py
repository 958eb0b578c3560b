"""Style sheets and scripts of the pages, from the survey to the dashboard: named by their content, kept for a year."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, url_for

from surveyor.errors import NotFound
from surveyor.web.security.gate import anybody

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its address holds the beginning of its SHA-256, so that it never changes under a name."""

    address: str
    kind: str
    body: bytes
    packed: bytes


@cache
def load(folder: Path = FOLDER) -> Mapping[str, Asset]:
    """Every file that pages may name, by its path in the folder: read and packed once a process."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in TYPES:
            body = path.read_bytes()
            name = path.relative_to(folder).with_suffix("").as_posix()
            stamp = hashlib.sha256(body).hexdigest()[:12]
            address = f"{name}.{stamp}{path.suffix}"
            packed = gzip.compress(body, 9, mtime=0)
            found[path.relative_to(folder).as_posix()] = Asset(address, TYPES[path.suffix], body, packed)
    return found


def install(app: Flask) -> None:
    """Serve the files, and give templates `asset(name)`."""
    assets = load()
    by_address = {asset.address: asset for asset in assets.values()}

    @app.get("/static/<path:address>")
    @anybody
    def static_file(address: str) -> Response:
        if address not in by_address:
            raise NotFound("static")
        asset = by_address[address]
        packed = "gzip" in request.headers.get("Accept-Encoding", "") and asset.kind.startswith("text/")
        response = Response(asset.packed if packed else asset.body, content_type=asset.kind)
        response.headers["Cache-Control"] = FOREVER
        response.headers["Vary"] = "Accept-Encoding"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return response

    @app.get("/favicon.ico")
    @anybody
    def favicon() -> Response:
        # Survey pages name no icon, so that they stay three requests; browsers ask for this one by themselves.
        response = Response(assets["mark.svg"].body, content_type=TYPES[".svg"])
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response

    def asset(name: str) -> str:
        return url_for("static_file", address=assets[name].address)

    app.jinja_env.globals["asset"] = asset
