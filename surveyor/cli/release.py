"""`surveyor release-sends`: after a restore or a copy, show what would go out, ask, and let it go."""

from __future__ import annotations

import getpass
from typing import Any

import click

from surveyor.cli import say
from surveyor.cli.installation import defaults_of, installation, now
from surveyor.core.guard import OTHER_CLUSTER

AFTER_A_FAILOVER = (
    "after a failover to an asynchronous standby, wait for the provider's events first: "
    "an email that this server does not know to have left is sent again"
)


@click.command("release-sends")
@click.option("--yes", is_flag=True, help="Release without asking.")
@say.json_option
def release_sends(yes: bool, as_json: bool) -> int:
    """Show what waits and what has expired, ask, and release a held database."""
    from surveyor.core.guard import installation_name
    from surveyor.db import health
    from surveyor.db.emails.waiting import waiting
    from surveyor.db.instance import reason_held
    from surveyor.flows import erasure_list
    from surveyor.flows.beat import release_sends as release
    from surveyor.flows.customer_journey import CustomerJourneys
    from surveyor.flows.erase_customer import Means
    from surveyor.flows.reapply_erasures import reapply_erasures
    from surveyor.jobs import witnesses
    from surveyor.jobs.desk import outbox_folder

    erased = 0
    with installation() as house:
        with house.sessions() as session:
            state, why, rows = health.sending(session), reason_held(session), waiting(session, now=now())
        _show(state, why, rows)
        if state != "held":
            say.remark("nothing is held")
            released = False
        elif yes or _agreed():
            client = _redis(house.settings.redis_url)
            seen = witnesses.read(house.settings, client)
            name = installation_name(house.settings.base_url)
            journeys = CustomerJourneys(house.keyring, defaults_of(house.settings))
            erased = reapply_erasures(
                house.sessions,
                erasure_list.read(house.settings.home),
                journeys=journeys,
                now=now(),
                means=Means(house.keyring, house.settings.home, outbox_folder(house.settings)),
            )
            done = release(house.sessions, who=getpass.getuser(), name=name, witnesses=seen, now=now())
            witnesses.write(house.settings, done.epoch or 0, client)
            released = True
        else:
            say.remark("not released: answer y, or give --yes")
            return 1
    if as_json:
        say.as_json({"released": released, "reason": why, "waiting": rows, "erased_again": erased})
    elif released:
        print("released")
        if erased:
            say.remark(f"{erased} erased again that the backup still knew")
    return 0


def _agreed() -> bool:
    """Whether a person said yes; nobody there to ask is a no."""
    try:
        return click.confirm("Release?", err=True)
    except click.Abort:
        return False


def _show(state: str, why: str, rows: list[Any]) -> None:
    say.remark(f"sending is {state or 'not started'}" + (f": {why}" if why else ""))
    if state == "held" and why == OTHER_CLUSTER:
        say.remark(AFTER_A_FAILOVER)
    for row in rows:
        say.remark(f"{row.kind}: {row.due} due, {row.later} later, {row.expired} expired (will be dropped, never sent)")


def _redis(url: str) -> Any:
    if not url:
        return None
    from surveyor.jobs.bell import connect

    return connect(url, seconds=2.0)
