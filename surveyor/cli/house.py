"""Commands about the house itself: what is configured, which versions run; no order passes here."""

from __future__ import annotations

import os
import sys

import click

from surveyor import __version__
from surveyor.cli import say
from surveyor.cli.installation import plan_of
from surveyor.settings import KEYS_FILE, Settings, masked, with_keys

LIBRARIES = ("flask", "sqlalchemy", "jinja2", "redis", "rq", "sendgrid", "psycopg", "waitress", "msgspec", "mrml")


@click.command("settings")
@say.json_option
def show_settings(as_json: bool) -> None:
    """Print every setting and where it came from, secrets masked."""
    from surveyor.mail.providers import refuse_url

    settings = Settings.read(os.environ)
    refuse_url(settings.mail_url)
    if settings.fault_plan:
        plan_of(settings)
    if (settings.home / KEYS_FILE).exists():
        settings = with_keys(settings)
    for name, meant in settings.unknown.items():
        say.remark(f"{name} means nothing here" + (f": did you mean {meant}?" if meant else "."))
    if as_json:
        say.as_json(masked(settings))
        return
    say.table([(name, value or "-", settings.origin.get(name, "")) for name, value in masked(settings).items()])


@click.command("version")
@say.json_option
def version(as_json: bool) -> None:
    """Print the versions of surveyor, Python, SQLite and the libraries that matter."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    from surveyor.db.engine import sqlite_module

    found = {"surveyor": __version__, "python": sys.version.split()[0], "sqlite": sqlite_module().sqlite_version}
    for name in LIBRARIES:
        try:
            found[name] = installed(name)
        except PackageNotFoundError:
            found[name] = "absent"
    if as_json:
        say.as_json(found)
    else:
        say.table(list(found.items()))
