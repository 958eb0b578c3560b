"""`surveyor up`, `web`, `worker`, `clock`, `consume`: the processes that the line runs in."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from surveyor.cli import language, say
from surveyor.cli.installation import fit_to_act, make_ready, now, refuse_provider, settings
from surveyor.settings import Settings

DEMO = {
    "fr": "Première fois : un réseau d'exemple vit une année de commandes (une minute ou deux ; sans lui : --empty).",
    "en": "First start: a sample network lives a year of orders (a minute or two; --empty starts without it).",
}


@click.command("up")
@click.option("--empty", is_flag=True, help="Without the demonstration network.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="The port to listen on.  [default: 8000]")
def up(empty: bool, host: str, port: int | None) -> int:
    """Start everything on this machine, in one process group; Ctrl-C stops it."""
    from surveyor.supervisor import embedded

    found = settings()
    port = port or urlsplit(found.base_url).port or 8000
    found = embedded.with_address(found, host=host, port=port)
    refuse_provider(found)
    return embedded.up(
        found, host=host, port=port, prepare=lambda ready: _prepare(ready, empty=empty), language=language()
    )


def _prepare(found: Settings, *, empty: bool) -> str:
    """Migrations, on the first start the demonstration, and a way in: the path of a sign-in link."""
    from surveyor.db.engine import make_engine, make_sessions
    from surveyor.flows.make_sign_in_link import first_sign_in_link

    if not empty:
        _demo(found)
    engine = make_engine(found.database_url)
    make_ready(found, engine)
    fit_to_act(found)
    link = first_sign_in_link(make_sessions(engine), now=now(), language=found.language)
    engine.dispose()
    return link


def _demo(found: Settings) -> None:
    """A year of a sample network, when there is no database yet."""
    from surveyor.testing import demo

    if demo.wanted(found) is None:
        return
    say.remark(DEMO[language()])
    plan = demo.Plan(now())
    with say.progress("", demo.count_events(plan)) as step:
        demo.load_demo(found, plan, on_progress=step)


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
def web(host: str, port: int, processes: int) -> int:
    """Answer pages, API and webhooks."""
    from surveyor.supervisor import processes as run

    found = settings()
    refuse_provider(found)
    return run.web(found, host=host, port=port, count=processes)


def _may_start(found: Settings) -> None:
    """Settings that production refuses are named before the database is asked whether it and this machine agree."""
    from surveyor.jobs.redis_policy import refuse_eviction

    refuse_eviction(found)
    fit_to_act(found)


@click.command("consume")
def consume() -> int:
    """Take order events from the Redis stream and from Kafka, acknowledged after the commit."""
    from surveyor.supervisor import processes as run

    found = settings()
    if not run.entry_sources(found):
        raise click.UsageError("SURVEYOR_REDIS_URL and SURVEYOR_KAFKA_URL are empty: there is nothing to consume")
    _may_start(found)
    return run.consumer(found)


@click.command("worker")
@click.option("--count", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes.")
def worker(count: int) -> int:
    """Hand emails over, rung by Redis, or looking in the database when there is none."""
    from surveyor.supervisor import processes as run

    found = settings()
    refuse_provider(found)
    _may_start(found)
    return run.workers(found, count=count)


@click.command("clock")
def clock() -> int:
    """Ring for what is due, sweep leases, settle doubts, keep the heartbeat; one is enough."""
    from surveyor.supervisor import processes as run

    found = settings()
    _may_start(found)
    return run.clock(found)
