"""Where the files a person may edit (templates, emails, rules.toml) are, in a checkout and in an installed package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


@cache
def shipped(name: str) -> Path:
    """The path of `name` ("templates", "emails", "rules.toml") as shipped with this version.

    An installed package keeps them under surveyor/_shipped/ (pyproject.toml, force-include); a checkout at its root.
    FileNotFoundError says which of the two places were looked at: the package is damaged, nobody's input is.
    """
    places = [PACKAGE / "_shipped" / name, PACKAGE.parent / name]
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(f"{name} is in neither {places[0]} nor {places[1]}: reinstall surveyor")
