"""The `surveyor` command: each subcommand is a few lines that call a flow or a read, from order to indicator."""

from __future__ import annotations

import os
import sys

import click

from surveyor.cli.lazy import LazyGroup
from surveyor.errors import Complaint, Refused, SettingsError, SurveyorError

#: name -> (where it is, what `--help` says of it). Nothing is imported before it is asked for.
COMMANDS = {
    "backup": ("surveyor.cli.backup:backup", "Sealed backups: key, make, restore, rehearse."),
    "check": ("surveyor.cli.check:check", "Do the invariants of the line hold?"),
    "clock": ("surveyor.cli.processes:clock", "Ring for what is due, sweep, settle doubts."),
    "consume": ("surveyor.cli.processes:consume", "Take order events from the Redis stream."),
    "costs": ("surveyor.cli.lines:costs", "Import what was spent to win customers."),
    "customers": ("surveyor.cli.customers:customers", "Import; a person's rights: export what is kept, erase."),
    "db": ("surveyor.cli.database:db", "Migrations; do the tables match?"),
    "benchmark": ("surveyor.cli.composites:benchmark", "Each store beside its peers; a file of other brands."),
    "custscore": ("surveyor.cli.composites:custscore", "The CustScore and what moves it."),
    "matrix": ("surveyor.cli.composites:matrix", "The CX Matrix: labels, importance, performance."),
    "doctor": ("surveyor.cli.doctor:doctor", "What is missing or unsafe on this machine."),
    "explain": ("surveyor.cli.explain:explain", "Why was this customer (not) asked?"),
    "indicators": ("surveyor.cli.indicators:indicators", "Figures for a scope and a period; list; try FILE."),
    "keys": ("surveyor.cli.people:keys", "API keys: add, list, revoke."),
    "labels": ("surveyor.cli.labels:labels", "Labels of verbatims: check a lexicon, measure it."),
    "mail": ("surveyor.cli.mail:mail", "Preview an email, send a marked test, doctor, bounce."),
    "mentions": ("surveyor.cli.lines:mentions", "Import what is said on social networks."),
    "orders": ("surveyor.cli.orders:orders", "Import order events out of files."),
    "reference": ("surveyor.cli.reference:reference", "Import stores, with regions, brands and segments."),
    "release-sends": ("surveyor.cli.release:release_sends", "After a restore: show what waits, ask, release."),
    "replay": ("surveyor.cli.what_if:replay", "What would these rules have sent over real orders?"),
    "report": ("surveyor.cli.report:report", "Write a report as files: express."),
    "responses": ("surveyor.cli.lines:responses", "Import past answers of another tool."),
    "retention": ("surveyor.cli.retention:retention", "Let go of what was kept for long enough: run [--dry-run]."),
    "reviews": ("surveyor.cli.reviews:reviews", "Reviews from elsewhere: import FILE, fetch LOCATION."),
    "rules": ("surveyor.cli.rules:rules", "Check, publish, show, compare and bring back the rules."),
    "run-due": ("surveyor.cli.due:run_due", "One pass of clock and worker."),
    "secrets": ("surveyor.cli.secrets:secrets", "The keys of links: list; revoke one that leaked."),
    "settings": ("surveyor.cli.house:show_settings", "What is configured, secrets masked."),
    "quarantine": ("surveyor.cli.quarantine:quarantine", "Events that could not be used: list, show, replay, drop."),
    "brands": ("surveyor.cli.brands:brands", "Brands: declare them from a file, say who signs, list."),
    "sources": ("surveyor.cli.sources:sources", "Order sources and their secrets: add, rotate, list."),
    "suppressions": ("surveyor.cli.suppressions:suppressions", "Addresses we do not write to: export, import."),
    "tickets": ("surveyor.cli.lines:tickets", "Import contacts with customer service."),
    "timelapse": ("surveyor.cli.timelapse:timelapse", "Live a file of orders under a virtual clock."),
    "up": ("surveyor.cli.processes:up", "Start everything on this machine."),
    "users": ("surveyor.cli.people:users", "Accounts of staff: add, list, disable, link."),
    "version": ("surveyor.cli.house:version", "Which versions are installed."),
    "web": ("surveyor.cli.processes:web", "Answer pages, API and webhooks."),
    "worker": ("surveyor.cli.processes:worker", "Hand emails over."),
}

#: How the place of a complaint begins that is about an option or an argument.
TYPED = ("--", "EMAIL", "NAME")


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
def surveyor() -> None:
    """Order events in, survey emails out, answers counted, indicators shown.

    Exit status: 0 done, 1 the work found a problem, 2 the call or the settings are wrong.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status. What we refuse is said on standard error in one line each."""
    os.umask(0o077)
    try:
        status = surveyor.main(args=arguments, prog_name="surveyor", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except SettingsError as wrong:
        print("\n".join(f"surveyor: {line}" for line in str(wrong).splitlines()), file=sys.stderr)
        return 2
    except Refused as refused:
        print("\n".join(_line(complaint) for complaint in refused.complaints), file=sys.stderr)
        return 2 if all(_of_the_call(complaint) for complaint in refused.complaints) else 1
    except SurveyorError as wrong:
        print(f"surveyor: {wrong}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the reader left; the interpreter flushes into nothing
        return 0
    except OSError as wrong:
        return _out_of_reach(wrong)
    except Exception as wrong:
        return _failed(wrong)
    return status if isinstance(status, int) else 0


def _of_the_call(complaint: Complaint) -> bool:
    """Whether what was typed is wrong, and not what the files or the database hold."""
    return complaint.code in ("file_missing", "indicator_unknown") or complaint.where.startswith(TYPED)


def _line(complaint: Complaint) -> str:
    """`surveyor: code: place: what is wrong`; many messages begin with their place."""
    message = complaint.message(language())
    place = "" if not complaint.where or message.startswith(complaint.where) else f"{complaint.where}: "
    return f"surveyor: {complaint.code}: {place}{message}"


def _out_of_reach(wrong: OSError) -> int:
    """A file or a folder that was named and cannot be read or written: the call is wrong, nothing broke."""
    if not wrong.filename:
        return _failed(wrong)
    print(f"surveyor: {wrong.filename}: {wrong.strerror}", file=sys.stderr)
    return 2


def _failed(wrong: Exception) -> int:
    """What is left: a database that is away is said in a sentence, a defect with its trace."""
    if "sqlalchemy" in sys.modules and _database_is_away(wrong):
        print(
            "surveyor: the database cannot be reached: see SURVEYOR_DATABASE_URL (surveyor settings)", file=sys.stderr
        )
        return 1
    raise wrong


def _database_is_away(wrong: Exception) -> bool:
    from surveyor.db.health import is_away

    return is_away(wrong)


def language() -> str:
    """The language of the terminal: "fr" when the locale says so, else "en"."""
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "fr" if said.lower().startswith("fr") else "en"
