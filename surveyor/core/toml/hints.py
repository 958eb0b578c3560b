"""What somebody meant who wrote a value that TOML does not read: `True`, `10:00`, `0,5`, a text without quotes."""

from __future__ import annotations

import re
from collections.abc import Callable

from surveyor.core.quoting import shown

_TRUE = {"true", "yes", "on", "oui", "vrai"}
_FALSE = {"false", "no", "off", "non", "faux"}
_NULL = {"null", "none", "nil", "~", "nul", "undefined"}


def _hint_boolean(token: str) -> tuple[str, str] | None:
    word = token.lower()
    right = "true" if word in _TRUE else "false" if word in _FALSE else None
    return (f"write {right}", f"écrivez {right}") if right else None


def _hint_null(token: str) -> tuple[str, str] | None:
    if token.lower() not in _NULL:
        return None
    return "TOML has no null; remove the line", "TOML n'a pas de valeur nulle ; retirez la ligne"


def _hint_quotes(token: str) -> tuple[str, str] | None:
    if not re.search("[“”„«»‘’]", token):
        return None
    return 'curly quotes; write straight ones: "', 'guillemets typographiques ; écrivez des guillemets droits : "'


def _hint_time(token: str) -> tuple[str, str] | None:
    match = re.fullmatch(r"([0-9]{1,2})[:hH]([0-9]{2})", token)
    if match is None:
        return None
    right = f'"{int(match.group(1)):02d}:{match.group(2)}"'
    return f"write {right}", f"écrivez {right}"


def _hint_number(token: str) -> tuple[str, str] | None:
    decimal = re.fullmatch(r"([+-]?[0-9]{1,9}),([0-9]{1,9})", token)
    padded = re.fullmatch(r"([+-]?)0+([1-9][0-9]{0,9})", token)
    if decimal:
        right = f"{decimal.group(1)}.{decimal.group(2)}"
    elif padded:
        right = padded.group(1) + padded.group(2)
    else:
        return None
    return f"write {right}", f"écrivez {right}"


def _hint_bare_text(token: str) -> tuple[str, str] | None:
    if '"' in token or "'" in token or not token[0].isalpha():
        return None
    right = f'"{shown(token, 30)}"'
    return f"text needs quotes; write {right}", f"un texte prend des guillemets ; écrivez {right}"


HINTS: tuple[Callable[[str], tuple[str, str] | None], ...] = (
    _hint_boolean,
    _hint_null,
    _hint_quotes,
    _hint_time,
    _hint_number,
    _hint_bare_text,
)
