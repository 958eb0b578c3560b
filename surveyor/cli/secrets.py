"""`surveyor secrets`: the keys that links are made with; list them, and replace one that leaked."""

from __future__ import annotations

import click

from surveyor.cli import say
from surveyor.cli.installation import installation, now
from surveyor.errors import NotFound

ACTOR = "host"


@click.group("secrets")
def secrets() -> None:
    """The secrets of SURVEYOR_SECRET_KEYS by their id; never the secrets themselves."""


@secrets.command("list")
@say.json_option
def list_all(as_json: bool) -> None:
    """Show every secret's id, newest first, and how many emails still name it."""
    from surveyor.core.tokens import key_id
    from surveyor.db import links

    with installation() as house, house.sessions() as session:
        ids = [key_id(secret) for secret in house.keyring.secrets]
        pepper = key_id(house.keyring.pepper)
        rows = [
            {"id": one, "newest": one == ids[0], "addresses": one == pepper, "waiting": links.in_flight(session, one)}
            for one in ids
        ]
    if as_json:
        say.as_json({"secrets": rows})
        return
    shown = [
        (r["id"], "newest" if r["newest"] else "", "recognises addresses" if r["addresses"] else "", r["waiting"])
        for r in rows
    ]
    say.table(shown, ("id", "", "", "emails that wait"))


@secrets.command("revoke")
@click.argument("key_id")
@click.option("--keep-sent", is_flag=True, help="Links in mailboxes go on.")
@say.json_option
def revoke(key_id: str, keep_sent: bool, as_json: bool) -> int:
    """A key leaked: unsent emails get new links, those already sent stop working; status 1 while some are in flight."""
    from surveyor.flows.revoke_secret import revoke_secret

    with installation() as house:
        try:
            done = revoke_secret(house.sessions, house.keyring, key_id, keep_sent=keep_sent, by=ACTOR, now=now())
        except NotFound as unknown:
            raise click.UsageError(str(unknown)) from unknown
    if as_json:
        say.as_json(
            {
                "key_id": key_id,
                "emails": done.emails,
                "invitations": done.invitations,
                "ended": done.ended,
                "in_flight": done.in_flight,
            }
        )
    else:
        print(f"{done.emails} emails and {done.invitations} survey links made again, {done.ended} links ended")
        if done.in_flight:
            say.remark(f"{done.in_flight} are being handed over or in doubt: run this again when they have settled")
    return 1 if done.in_flight else 0
