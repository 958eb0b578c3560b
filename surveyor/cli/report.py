"""`surveyor report`: a report of a scope and a period as files, for those who read them outside of the screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from surveyor.cli import language as spoken
from surveyor.cli import say
from surveyor.cli.installation import installation, now, refuse_unknown_stores


@click.group("report")
def report() -> None:
    """Reports as files: express, voice."""


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What both reports take."""
    for option in (
        say.json_option,
        click.option("--language", type=click.Choice(["fr", "en"]), help="[default: the terminal's]"),
        click.option(
            "--edition", type=click.Choice(["store", "region", "support", "network"]), help="[default: by the scope]"
        ),
        click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True),
        click.option("--scope", required=True, help="network, brand:ID, region:ID, store:ID…, joined with +."),
    ):
        command = option(command)
    return command


@report.command("express")
@click.option("--period", "token", required=True, help="The week: 2026-W47.")
@_options
def express(token: str, **options: Any) -> None:
    """Write express.html, express.txt and express.pdf of a week that is over."""
    from surveyor.core.periods import week_of
    from surveyor.flows.write_express import write_express
    from surveyor.flows.write_express.composed import express_report

    def write(session: Any, here: _Here) -> Any:
        if here.period != week_of(here.period.first):
            raise click.UsageError("--period: expected a week, as 2026-W47")
        asked = here.asked(session, here.period.last + timedelta(days=1))
        return express_report(write_express(session, asked), asked)

    _write(token, write, **options)


@report.command("voice")
@click.option("--period", "token", required=True, help="The month: 2026-10.")
@_options
def voice(token: str, **options: Any) -> None:
    """Write voice.html, voice.txt and voice.pdf of a month."""
    from surveyor.core.periods import month_of
    from surveyor.flows.write_voice import open_book, write_voice

    def write(session: Any, here: _Here) -> Any:
        if here.period != month_of(here.period.first):
            raise click.UsageError("--period: expected a month, as 2026-10")
        asked = here.asked(session, here.today)
        book = open_book(session, here.period, today=here.today, zone=here.zone, delivery_events=here.events)
        return write_voice(session, book, asked, scope=str(here.scope))

    _write(token, write, **options)


@dataclass(frozen=True)
class _Here:
    """What was asked for on the command line, in an installation."""

    period: Any
    scope: Any
    edition: str | None
    language: str
    today: date
    zone: str
    events: bool
    home: Path

    def asked(self, session: Any, day: date) -> Any:
        """The question of a report read on a day."""
        from surveyor.core.reports.editions import edition_of
        from surveyor.flows.aim_figures import goals_of_file
        from surveyor.flows.write_express.asked import Asked
        from surveyor.flows.write_report import unit_of

        return Asked(
            scope=self.scope,
            reach=(self.scope,),
            unit=unit_of(session, (self.scope,), self.language),
            monday=day,
            edition=self.edition or edition_of(self.scope),  # type: ignore[arg-type]
            language=self.language,
            delivery_events=self.events,
            zone=self.zone,
            goals=goals_of_file(self.home),
        )


def _write(
    token: str,
    write: Callable[[Any, _Here], Any],
    *,
    scope: str,
    folder: Path,
    edition: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    from surveyor.core.periods import Period
    from surveyor.core.scope import Scope
    from surveyor.mail.providers import provider_from_url

    with installation() as house:
        settings = house.settings
        today = now().astimezone(ZoneInfo(settings.time_zone)).date()
        secrets = {"SENDGRID_API_KEY": settings.sendgrid_api_key}
        provider = provider_from_url(settings.mail_url, now=now, secrets=secrets)
        events = provider.capabilities.events
        provider.close()
        here = _Here(
            period=Period.parse(token, today, where="--period"),
            scope=Scope.parse(scope, where="--scope"),
            edition=edition,
            language=language or spoken(),
            today=today,
            zone=settings.time_zone,
            events=events,
            home=settings.home,
        )
        with house.sessions() as session:
            refuse_unknown_stores(session, here.scope)
            made = write(session, here)
    _files(made, folder, as_json)


def _files(made: Any, folder: Path, as_json: bool) -> None:
    from surveyor.web.reports.files import as_html, as_text
    from surveyor.web.reports.paper import as_pdf, can_print

    folder.mkdir(parents=True, exist_ok=True)
    contents = {"html": as_html(made).encode(), "txt": as_text(made).encode()}
    if can_print():
        contents["pdf"] = as_pdf(made)
    else:
        say.remark("No PDF: it needs the extra pdf (pip install 'surveyor[pdf]').")
    files = {folder / f"{made.kind}.{ending}": content for ending, content in contents.items()}
    for path, content in files.items():
        path.write_bytes(content)
    if as_json:
        name = "week" if made.kind == "express" else "month"
        say.as_json({"subject": made.subject, name: made.period, "quiet": made.quiet, "files": sorted(map(str, files))})
    else:
        print(made.subject)
        say.remark(" ".join(map(str, files)))
