"""`surveyor report`: a report of a scope and a period as files, for those who read them outside of the screens."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from surveyor.cli import language as spoken
from surveyor.cli import say
from surveyor.cli.installation import installation, now


@click.group("report")
def report() -> None:
    """Reports as files: express."""


@report.command("express")
@click.option("--period", "token", required=True, help="The week: 2026-W47.")
@click.option("--scope", required=True, help="network, brand:ID, region:ID, store:ID…, joined with +.")
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--edition", type=click.Choice(["store", "region", "support", "network"]), help="[default: by the scope]")
@click.option("--language", type=click.Choice(["fr", "en"]), help="[default: the terminal's]")
@say.json_option
def express(token: str, scope: str, folder: Path, edition: str | None, language: str | None, as_json: bool) -> None:
    """Write express.html and express.txt of a week that is over."""
    from surveyor.core.periods import Period, week_of
    from surveyor.core.reports.headings import heading
    from surveyor.core.scope import Scope
    from surveyor.flows.write_express import Asked, edition_of, write_express
    from surveyor.flows.write_express.composed import express_report
    from surveyor.mail.providers import provider_from_url
    from surveyor.web.dashboard.routes import names_of
    from surveyor.web.reports.files import as_html, as_text

    language = language or spoken()
    with installation() as house:
        zone = house.settings.time_zone
        today = now().astimezone(ZoneInfo(zone)).date()
        week = Period.parse(token, today, where="--period")
        if week != week_of(week.first):
            raise click.UsageError("--period: expected a week, as 2026-W47")
        asked_scope = Scope.parse(scope, where="--scope")
        secrets = {"SENDGRID_API_KEY": house.settings.sendgrid_api_key}
        provider = provider_from_url(house.settings.mail_url, now=now, secrets=secrets)
        events = provider.capabilities.events
        provider.close()
        with house.sessions() as session:
            asked = Asked(
                scope=asked_scope,
                reach=(asked_scope,),
                unit=names_of(session, asked_scope) or heading("network", language),
                monday=week.last + timedelta(days=1),
                edition=edition or edition_of(asked_scope),  # type: ignore[arg-type]
                language=language,
                delivery_events=events,
                zone=zone,
            )
            made = express_report(write_express(session, asked), asked)
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / "express.html": as_html(made), folder / "express.txt": as_text(made)}
    for path, content in files.items():
        path.write_text(content, encoding="utf-8")
    if as_json:
        say.as_json({"subject": made.subject, "week": str(week), "quiet": made.quiet, "files": sorted(map(str, files))})
    else:
        print(made.subject)
        say.remark(" ".join(map(str, files)))
