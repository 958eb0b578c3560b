"""`surveyor run-due`: one pass of clock and worker, for whoever brings a clock of their own."""

from __future__ import annotations

import click

from surveyor.cli import say
from surveyor.cli.installation import installation, instant


@click.command("run-due")
@click.option("--now", "given", help="Work at this instant, in place of the clock (needs time travel).")
@say.json_option
def run_due(given: str | None, as_json: bool) -> int:
    """Do everything that is due: cycles, reminders, emails, what mailboxes said."""
    from surveyor.app import build_services
    from surveyor.jobs.run_due import next_instant
    from surveyor.jobs.run_due import run_due as once

    with installation() as house:
        at = instant(given, house.settings)
        services = build_services(house.settings, **({"now": lambda: at} if given else {}))
        done, upcoming = once(services), next_instant(services)
        services.provider.close()
    counts = {name: getattr(done, name) for name in ("claimed", "sent", "pending", "failed", "in_doubt", "dropped")}
    if as_json:
        say.as_json({**counts, "paused": done.paused, "next": upcoming})
    else:
        print(", ".join(f"{count} {name}" for name, count in counts.items()) + ("; paused" if done.paused else ""))
        print(f"next: {upcoming.isoformat() if upcoming else 'nothing waits'}")
    return 0
