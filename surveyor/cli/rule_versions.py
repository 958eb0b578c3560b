"""`surveyor rules publish|show|diff|history|rollback`: the versions that decide, each with who and why."""

from __future__ import annotations

import getpass
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from surveyor.cli import language, say
from surveyor.cli.files import read_bytes
from surveyor.cli.installation import Installation, defaults_of, installation, known_names, now, rules_file
from surveyor.errors import Complaint, NotFound, Refused

if TYPE_CHECKING:
    from surveyor.db.rules import Version
    from surveyor.flows.publish_rules import Draft, Published

WHY = click.option("-m", "--message", "why", default="", help="Why: kept with the version.")
VOLUME = click.option(
    "--confirm-volume",
    type=int,
    help="The emails of 30 days, when they are over so many times today's (SURVEYOR_VOLUME_TIMES).",
)


@click.command("publish")
@click.argument("file", type=click.Path(path_type=Path))
@WHY
@VOLUME
@click.option("--accept-warnings", is_flag=True, help="Publish in spite of what the check warns of.")
@say.json_option
def publish(file: Path, why: str, confirm_volume: int | None, accept_warnings: bool, as_json: bool) -> None:
    """Check a text, replay it over the stored orders, and make it the active version."""
    from surveyor.flows.publish_rules import publish_rules

    draft = replace(_draft(_text(file), why, confirm_volume), accept_warnings=accept_warnings)
    with installation() as house, say.typed(reason="--message"):
        draft = replace(draft, times=house.settings.volume_times)
        if house.settings.approval:
            return _propose(house, draft, as_json)
        done = publish_rules(
            house.sessions,
            draft,
            now=now(),
            defaults=defaults_of(house.settings),
            known=known_names(house),
            file=rules_file(house.settings),
        )
        _say_published(house, done, as_json)
    return None


@click.command("rollback")
@click.argument("number", type=int, metavar="VERSION")
@WHY
@VOLUME
@say.json_option
def rollback(number: int, why: str, confirm_volume: int | None, as_json: bool) -> None:
    """Publish the text of an old version again, as a new one."""
    from surveyor.flows.publish_rules import roll_back

    draft = _draft("", why or f"back to version {number}", confirm_volume)
    with installation() as house:
        if house.settings.approval:
            text = _version(house, number).text
            return _propose(house, replace(draft, text=text, accept_warnings=True), as_json)
        draft = replace(draft, times=house.settings.volume_times)
        defaults, file = defaults_of(house.settings), rules_file(house.settings)
        done = roll_back(house.sessions, number, draft, now=now(), defaults=defaults, file=file)
        _say_published(house, done, as_json)
    return None


@click.command("show")
@click.argument("number", type=int, required=False, metavar="[VERSION]")
@say.json_option
def show(number: int | None, as_json: bool) -> None:
    """Print the text of a version, the active one without a number."""
    with installation() as house:
        found = _version(house, number)
    if as_json:
        say.as_json(_facts(found) | {"text": found.text})
    else:
        print(found.text, end="" if found.text.endswith("\n") else "\n")


@click.command("diff")
@click.argument("one", type=int, metavar="A")
@click.argument("other", type=int, metavar="B")
@say.json_option
def diff(one: int, other: int, as_json: bool) -> None:
    """Say what changed from version A to version B, in words and in the text."""
    from surveyor.core.rules import text_diff
    from surveyor.flows.publish_rules import compare_versions

    with installation() as house:
        changes = compare_versions(house.sessions, one, other, language=language())
        text = text_diff(_version(house, one).text, _version(house, other).text)
    if as_json:
        say.as_json({"from": one, "to": other, "changes": changes, "text": text})
    else:
        print("\n".join([*changes, "", text]) if changes or text else f"versions {one} and {other} say the same")


@click.command("history")
@say.json_option
def history(as_json: bool) -> None:
    """Show every version, the newest first."""
    from surveyor.db import rules

    with installation() as house, house.sessions() as session:
        found, active = rules.versions(session), rules.active(session)
    number = active[0] if active else None
    if as_json:
        say.as_json({"active": number, "versions": [_facts(one) for one in found]})
        return
    rows = [("*" if one.number == number else "", one.number, one.published_at, one.author, one.why) for one in found]
    say.table(rows, ("", "version", "published", "by", "why"))


def _text(file: Path) -> str:
    try:
        return read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Refused(
            [
                Complaint(
                    file.name,
                    "encoding",
                    f"pas de l'UTF-8 à l'octet {wrong.start} : enregistrez le fichier en UTF-8.",
                    f"not UTF-8 at byte {wrong.start}: save the file as UTF-8.",
                )
            ]
        ) from None


def _draft(text: str, why: str, confirm_volume: int | None) -> Draft:
    from surveyor.flows.publish_rules import Draft

    return Draft(text, _who(), why, actor="host", confirm_volume=confirm_volume)


def _propose(house: Installation, draft: Draft, as_json: bool) -> None:
    """Under SURVEYOR_APPROVAL the command proposes: somebody approves on the screen Approvals."""
    from surveyor.flows.approvals import Place, propose_rules

    place = Place(
        known_names(house),
        defaults=defaults_of(house.settings),
        times=house.settings.volume_times,
        keys=house.keyring,
    )
    made = propose_rules(house.sessions, draft, now=now(), place=place)
    if as_json:
        say.as_json({"proposed": made.id.hex, "base": made.base, "author": made.name, "why": made.why})
    else:
        print(f"proposed, not published: a second person approves it at /approvals/{made.id.hex} (SURVEYOR_APPROVAL=1)")


def _who() -> str:
    """The account of the machine that types the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "host"


def _version(house: Installation, number: int | None) -> Version:
    from surveyor.db import rules

    with house.sessions() as session:
        active = rules.active(session)
        wanted = number if number is not None else active[0] if active else 0
        found = rules.version(session, wanted)
    if found is None:
        raise NotFound(f"no version {number} of the rules: `surveyor rules history` lists them")
    return found


def _facts(one: Version) -> dict[str, Any]:
    shown = ("number", "base", "author", "why", "published_at", "sha256")
    return {name: getattr(one, name) for name in shown}


def _say_published(house: Installation, done: Published, as_json: bool) -> None:
    from surveyor.flows.publish_rules import compare_versions

    version = done.version
    changes = (
        compare_versions(house.sessions, version.base, version.number, language=language()) if version.base else []
    )
    if as_json:
        warnings = [one.to_json(language()) for one in done.warnings]
        say.as_json(_facts(version) | {"warnings": warnings, "changes": changes})
        return
    for one in done.warnings:
        say.remark(one.as_line("rules", language()))
    print("\n".join([f"version {version.number} is active", *changes]))
