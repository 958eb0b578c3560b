"""`surveyor brands`: declare brands out of a file, say who signs their emails, list what they are."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from surveyor.cli import language, say
from surveyor.cli.installation import installation, now


@click.group("brands")
def brands() -> None:
    """Brands: what customers see, and who signs."""


@brands.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--encoding", default="utf-8", show_default=True, help="What the file is written in.")
@say.json_option
def import_file(file: Path, encoding: str, as_json: bool) -> int:
    """Declare the brands of a CSV or NDJSON file; a column that is absent or empty changes nothing."""
    from surveyor.flows.import_brands import import_brands

    with installation() as house:
        done = import_brands(house, file, encoding=encoding, now=now())
    if as_json:
        told = [{"where": one.where, "code": one.code, "message": one.message(language())} for one in done.refused]
        say.as_json({"ok": not done.refused, "added": done.added, "changed": done.changed, "refused": told})
    else:
        print(f"brands: {done.added} added, {done.changed} changed")
        for one in done.refused:
            say.remark(f"{file.name}:{one.where}: {one.code}: {one.message(language())}")
    return 1 if done.refused else 0


@brands.command("sender")
@click.argument("brand_id", metavar="BRAND")
@click.option("--address", default="", help="Who signs; without it, SURVEYOR_FROM does.")
@click.option("--name", default="", help="The name beside the address.")
@click.option("--reply-to", default="", help="A mailbox that somebody reads.")
@click.option("--return-path", default="", help="The domain that bounces come back to.")
@click.option("--sender-id", default="", help="5 to 15 characters for the Feedback-ID.")
def sender(brand_id: str, **said: str) -> None:
    """Say who signs the emails of a brand. To say it here is what verifies a domain: look at it with mail doctor."""
    from surveyor.core.brands import Sender
    from surveyor.flows.edit_brand import set_sender
    from surveyor.flows.manage_users import HOST

    with installation() as house:
        set_sender(house.sessions, brand_id=brand_id, sender=Sender(**said), default=None, by=HOST, now=now())
    print(f"{brand_id}: {said['address'] or 'SURVEYOR_FROM'} signs")


@brands.command("list")
@say.json_option
def listing(as_json: bool) -> None:
    """Every brand."""
    from surveyor.db import brands as rows

    with installation() as house, house.sessions() as session:
        found = rows.every(session)
        counts = rows.store_counts(session)
    if as_json:
        say.as_json({"brands": [asdict(one) | {"stores": counts.get(one.id, 0)} for one in found]})
        return
    for one in found:
        print(f"{one.id}  {one.name}  {counts.get(one.id, 0)} stores  {one.sender.address or '-'}  {one.logo or '-'}")
