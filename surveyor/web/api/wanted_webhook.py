"""A webhook, which the line tells of what happens, as a machine asks for it: JSON, every field known, once, typed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint, Refused
from surveyor.flows.manage_webhooks import NewWebhook
from surveyor.web.api.body import JSON

FIELDS = ("url", "events", "name", "identity")
NAME_MOST, URL_MOST = 80, 2000


def read_wanted(raw: bytes, *, id: UUID | None) -> NewWebhook:
    """The webhook that a body asks for; `id` is that of the request.

    Raises Refused: 400 for what is no JSON object, 422 for its fields.
    """
    given = _object(raw)
    wrong = [_unknown(name) for name in given if name not in FIELDS]
    url, events, name = given.get("url"), given.get("events"), given.get("name", "")
    if "url" not in given:
        wrong.append(Complaint("/url", "field_required", "url est obligatoire.", "url is required."))
    elif not isinstance(url, str) or len(url) > URL_MOST:
        wrong.append(_type("/url", f"un texte de {URL_MOST} caractères au plus", f"a string of {URL_MOST} at most"))
    if not isinstance(events, list) or not all(isinstance(one, str) for one in events):
        wrong.append(_type("/events", "un tableau de textes", "an array of strings"))
    if not isinstance(name, str) or len(name) > NAME_MOST or not name.isprintable():
        wrong.append(_type("/name", f"un texte de {NAME_MOST} caractères au plus", f"a string of {NAME_MOST} at most"))
    if given.get("identity", False) is not False:
        fr = "Un webhook qui dit l'identité des clients se fait à l'écran (/webhooks/new), après un mot de passe."
        en = "A webhook that tells who customers are is made on screen (/webhooks/new), after a fresh password."
        wrong.append(Complaint("/identity", "step_up_required", fr, en))
    if wrong:
        raise Refused(wrong)
    assert isinstance(url, str)
    assert isinstance(events, list)
    assert isinstance(name, str)
    return NewWebhook(url.strip(), tuple(dict.fromkeys(events)), name.strip(), id=id)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        fr, en = "Le corps n'est pas du JSON lisible en UTF-8.", "The body is not readable JSON in UTF-8."
        raise Refused([Complaint("", "json_invalid", fr, en)], status=400) from None
    if not isinstance(found, dict):
        raise Refused([_type("", f"un objet {JSON}", f"one {JSON} object")])
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            said = shown(name)
            fr, en = (
                f"La clé {said} figure deux fois. Gardez-en une seule.",
                f"Key {said} appears twice. Keep only one.",
            )
            raise Refused([Complaint(f"/{said}", "json_duplicate_key", fr, en)])
        found[name] = value
    return found


def _type(where: str, expected_fr: str, expected_en: str) -> Complaint:
    said = where.removeprefix("/") or "Body"
    fr = french(f"{where.removeprefix('/') or 'Corps'} : attendu, {expected_fr}.")
    return Complaint(where, "field_type", fr, f"{said}: expected {expected_en}.")


def _unknown(name: str) -> Complaint:
    said, known = shown(name), ", ".join(FIELDS)
    fr = french(f"{said} n'existe pas ici. Connus : {known}.")
    return Complaint(f"/{said}", "field_unknown", fr, f"{said} does not exist here. Known: {known}.")
