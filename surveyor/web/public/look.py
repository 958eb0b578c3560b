"""How a page for customers looks: a style sheet in the colours of its brand, its logo and its legal line.

The logo is the one request that a page needs more than a plain one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, current_app

from surveyor.core.brands import Palette, check_colours, in_language, palette_of
from surveyor.core.brands.palette import make_palette
from surveyor.db import brands
from surveyor.db.brand_look import BrandLook
from surveyor.errors import NotFound
from surveyor.web.assets import FOLDER, FOREVER, TYPES
from surveyor.web.here import services
from surveyor.web.security.gate import anybody

area = Blueprint("look", __name__)
_SHEET = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{6})([0-9a-f]{6})\.css", re.ASCII)
_LOGO = re.compile(r"[0-9a-f]{64}\.(png|jpg)", re.ASCII)
_KINDS = {"png": "image/png", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Look:
    """logo: a path on our host, "" for none. sheet: the path of the style sheet, "" for the plain one."""

    logo: str = ""
    sheet: str = ""
    legal: str = ""


PLAIN = Look()


def look_of(brand: BrandLook, language: str) -> Look:
    """The look of a brand on a page in a language."""
    if not (brand.logo or brand.legal_fr or brand.legal_en or len(brand.colours) > 2):
        return PLAIN
    return _look(brand.logo, brand.colours, in_language(brand.legal_fr, brand.legal_en, language), _stamp())


@lru_cache(maxsize=1024)
def _look(logo: str, colours: str, legal: str, stamp: str) -> Look:
    palette = palette_of(json.loads(colours)) if colours else None
    sheet = f"/look/{stamp}.{palette.accent[1:]}{palette.ground[1:]}.css" if palette else ""
    return Look(logo if logo.startswith("/logo/") else "", sheet, legal)


@area.get("/look/<name>")
@anybody
def sheet(name: str) -> Response:
    """The style sheet of public pages in two colours that its name says; only colours that a brand could choose."""
    found = _SHEET.fullmatch(name)
    if found is None or found[1] != _stamp():
        raise NotFound("static")
    accent, ground = f"#{found[2]}", f"#{found[3]}"
    if check_colours({"accent": accent, "ground": ground}):
        raise NotFound("static")
    return _forever(_plain() + _colours(make_palette(accent, ground)).encode(), TYPES[".css"])


@area.get("/logo/<name>")
@anybody
def logo(name: str) -> Response:
    """A picture we drew ourselves. Mailboxes on the web show it inside their own pages: other origins may."""
    found = _LOGO.fullmatch(name)
    body = None
    if found is not None:
        with services().sessions() as session:
            body = brands.logo(session, name)
    if found is None or body is None:
        raise NotFound("static")
    response = _forever(body, _KINDS[found[1]])
    response.headers["Content-Disposition"] = f'attachment; filename="logo.{found[1]}"'
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _colours(palette: Palette) -> str:
    light = f"--ground:{palette.ground};--accent:{palette.accent};--on:#fff;--wash:{palette.wash}"
    dark = f"--accent:{palette.bright};--on:#0d0f14;--wash:{palette.wash_dark}"
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{--ground:#0d0f14;{dark}}}}}"


@lru_cache(maxsize=1)
def _plain() -> bytes:
    return (FOLDER / "public.css").read_bytes()


def _stamp() -> str:
    """The twelve digits that name the plain style sheet: another sheet has another address."""
    kept: dict[str, Any] = current_app.extensions
    if "surveyor.stamp" not in kept:
        asset: Any = current_app.jinja_env.globals["asset"]
        kept["surveyor.stamp"] = asset("public.css").split(".")[-2]
    return str(kept["surveyor.stamp"])


def _forever(body: bytes, kind: str) -> Response:
    response = Response(body, content_type=kind)
    response.headers["Cache-Control"] = FOREVER
    return response
