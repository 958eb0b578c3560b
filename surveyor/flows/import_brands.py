"""Brands out of a file, with the logos that lie beside it, declared before the first email is signed by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from surveyor.core.brands import Brand, Sender, check_brand, check_sender
from surveyor.core.brands.pictures import MAX_BYTES
from surveyor.db import brands
from surveyor.errors import Complaint, Refused
from surveyor.flows.edit_brand import COLOURS, LOGO_PATH, TEXTS, write
from surveyor.flows.import_reference import Declared, over_lines
from surveyor.flows.manage_users import HOST
from surveyor.ingest import fields

_SENDER = {"sender_address": "address", "sender_name": "name", "reply_to": "reply_to", "return_path": "return_path"}
_ALL = (*TEXTS, *COLOURS, *_SENDER, "sender_id", "logo")


def import_brands(services: Any, path: Path, *, encoding: str, now: datetime) -> Declared:
    """Declare the brands of a file: `brand_id` (or `id`), `name`, `postal_address`, `legal_fr`, `legal_en`,
    `privacy_fr`, `privacy_en`, `accent`, `ground`, `sender_address`, `sender_name`, `reply_to`, `return_path`,
    `sender_id`, and `logo`, a PNG or JPEG named from the folder of the file.

    A brand that exists takes what the file says; a column that is absent or empty changes nothing. A sender declared
    here is verified by that: only the host can.
    """

    def read(content: Mapping[str, Any], line: int) -> dict[str, Any]:
        key = next((name for name in ("brand_id", "id") if content.get(name)), "brand_id")
        said = {"id": fields.required(content.get(key), f"{line}:{key}", limit=200)}
        said |= {name: fields.text(content.get(name), f"{line}:{name}", limit=600) for name in _ALL}
        picture = None if not said["logo"] else _drawn(path.parent / said["logo"], f"{line}:logo")
        return said | {"line": line, "picture": picture}

    def take(session: Any, rows: list[dict[str, Any]], found: Declared) -> None:
        for row in rows:
            before = brands.find(session, row["id"], lock=True)
            after = _declared(before or Brand(row["id"], row["id"]), row)
            wrong = check_brand(after) + check_sender(after.sender, domains=None)
            if wrong:
                found.refused += [replace(one, where=f"{row['line']}:{one.where}") for one in wrong]
                continue
            if row["picture"]:
                brands.keep_logo(session, *row["picture"], now=now)
            if after != before:
                write(session, before, after, by=HOST, now=now)
                found.added += before is None
                found.changed += before is not None

    return over_lines(services, path, encoding, read, take)


def _declared(brand: Brand, row: Mapping[str, Any]) -> Brand:
    texts = {name: row[name] for name in TEXTS if row[name]}
    colours = dict(brand.colours) | {name: row[name].lower() for name in COLOURS if row[name]}
    sender = brand.sender.plain() | {field: row[name] for name, field in _SENDER.items() if row[name]}
    if row["sender_id"]:
        sender["sender_id"] = row["sender_id"]
    if row["picture"]:
        texts["logo"] = LOGO_PATH + row["picture"][0]
    return replace(brand, **texts, colours=colours, sender=Sender.of(sender))


def _drawn(file: Path, where: str) -> tuple[str, bytes]:
    from surveyor.flows.edit_brand.picture import drawn_again  # noqa: PLC0415 - brings the library of pictures

    try:
        with file.open("rb") as stream:
            return drawn_again(stream.read(MAX_BYTES + 1))
    except OSError as wrong:
        said = wrong.strerror or "?"
        fr, en = f"{where} : {file.name} : {said}.", f"{where}: {file.name}: {said}."
        raise Refused([Complaint(where, "file_missing", fr, en)]) from None
    except Refused as refused:
        raise Refused([replace(one, where=where) for one in refused.complaints]) from None
