"""The nightly tier: thousands of kills on both engines, counted; `./bin/surveyor-faults` runs it."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from surveyor import faults, logs
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.faults import matrix, mutants, power, production, rolling
from tests.faults.chaos import Tally, lived
from tests.faults.check import promises_hold
from tests.faults.life import CUSTOMERS, KILLED, Life, in_a_process, live
from tests.faults.test_kill_points import EVENING, LINE
from tests.servers import PostgreSQL, quick_folder

POINTS = sorted({point for point, _ in LINE})
#: Kills of one network of chaos.
A_NETWORK = 40
ENGINES = ("sqlite", "postgresql")
_MANY = 1_000_000


class Place:
    """Fresh databases of one engine, and folders for what the outside sees."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.root = quick_folder(f"surveyor-faults-{engine}-")
        self.server: PostgreSQL | None = None
        self.databases: Any = SqliteDatabases(self.root)
        if engine == "postgresql":
            self.server = PostgreSQL()
            self.server.initialise()
            self.server.start()
            self.databases = PostgresDatabases(self.server)

    @contextmanager
    def fresh(self) -> Iterator[tuple[str, Path]]:
        """A migrated database and an empty folder, gone afterwards."""
        url, folder = self.databases.migrated(), Path(tempfile.mkdtemp(dir=self.root))
        try:
            yield url, folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if self.server is not None:
                self.databases.drop(url)
            else:
                for file in self.root.glob(Path(url.removeprefix("sqlite:///")).name + "*"):
                    file.unlink()

    def close(self) -> None:
        """Stop the server and forget everything."""
        if self.server is not None:
            self.server.remove()
        shutil.rmtree(self.root, ignore_errors=True)


def passages(place: Place) -> dict[str, int]:
    """How often one life of the line passes each point."""
    with place.fresh() as (url, folder):
        counted = folder / "passages"

        def act() -> None:
            faults.install(dict.fromkeys(POINTS, _MANY))
            Life(url, folder, start=0).live()
            counted.write_text(json.dumps({name: _MANY - left for name, left in faults.remaining().items()}))

        assert in_a_process(act) == 0
        found: dict[str, int] = json.loads(counted.read_text())
    return {name: n for name, n in found.items() if n}


def point_kill(place: Place, plans: list[str]) -> Tally:
    """Lives killed by these plans, one after another on one database, then one that is left alone."""
    done = Tally()
    with place.fresh() as (url, folder):
        for start, plan in enumerate(plans):
            done.kills += live(url, folder, start=start, plan=plan) == KILLED
        if live(url, folder, start=len(plans)) != 0:
            done.broken.append(f"{place.engine} {plans}: the line did not go on")
            return done
        try:
            promises_hold(url, folder, customers=CUSTOMERS, now=EVENING)
        except AssertionError as broken:
            done.broken.append(f"{place.engine} {plans}: {str(broken)[:300] or 'a promise is broken'}")
            done.twice += "twice" in str(broken)
            done.lost += "twice" not in str(broken)
        done.orders, done.emails = 2 * CUSTOMERS, CUSTOMERS
    return done


def points(place: Place, kills: int, drawn: random.Random, tell: Callable[[str, Tally], None]) -> Tally:
    """Kills at fault points, each in turn at a passage drawn by chance; one line in four dies again recovering."""
    seen = passages(place)
    total, turn = Tally(), 0
    while total.kills < kills:
        point = sorted(seen)[turn % len(seen)]
        plans = [f"{point}:{drawn.randint(1, seen[point])}"]
        if turn % 4 == 3:
            again = drawn.choice(sorted(seen))
            plans.append(f"{again}:{drawn.randint(1, max(1, seen[again] // 2))}")
        total += point_kill(place, plans)
        turn += 1
        tell("points", total)
    return total


def chaos(place: Place, kills: int, drawn: random.Random, tell: Callable[[str, Tally], None]) -> Tally:
    """Process groups killed at random; on PostgreSQL the server crashes every twentieth time and comes back."""
    total = Tally()

    def shake(number: int) -> None:
        if place.server is not None and number % 20 == 19:
            place.server.crash()
            _back(place.server)

    while total.kills < kills:
        with place.fresh() as (url, folder):
            total += lived(
                url, folder, kills=min(A_NETWORK, kills - total.kills), seed=drawn.randrange(2**32), shake=shake
            )
        tell("chaos", total)
    return total


def _back(server: PostgreSQL) -> None:
    """Start a server again that was killed: its last children may hold its memory for a moment."""
    for _ in range(50):
        with contextlib.suppress(RuntimeError):
            server.start()
            return
        time.sleep(0.2)
    server.start()


def run_engine(engine: str, *, point_kills: int, random_kills: int, cuts: int, seed: int) -> dict[str, Any]:
    """Every schedule on one engine."""
    place, began = Place(engine), time.monotonic()
    drawn = random.Random(f"{seed} {engine}")
    told: list[str] = []

    def tell(what: str, so_far: Tally) -> None:
        said = f"{engine} {what}: {so_far.kills} kills, {so_far.lost} lost, {so_far.twice} twice"
        if so_far.kills % 10 < 2 or so_far.broken:
            print(f"{said}, {len(so_far.broken)} broken ({time.monotonic() - began:.0f} s)", flush=True)
        for one in so_far.broken[len(told) :]:
            print(f"  {one}", flush=True)
            told.append(one)

    try:
        found = {
            "points": asdict(points(place, point_kills, drawn, tell)) if point_kills else None,
            "chaos": asdict(chaos(place, random_kills, drawn, tell)) if random_kills else None,
            "power": asdict(power.run(engine, cuts=cuts, seed=seed)) if cuts else None,
        }
    finally:
        place.close()
    return {"engine": engine, "seconds": round(time.monotonic() - began), **found}


def main() -> int:
    """Run, print a table, write the figures when asked; 1 when anything was lost, sent twice or broken."""
    asked = argparse.ArgumentParser(prog="surveyor-faults", description=__doc__)
    asked.add_argument("--points", type=int, default=750, help="kills at fault points, an engine")
    asked.add_argument("--random", type=int, default=1000, help="kills at random, an engine")
    asked.add_argument("--engine", choices=ENGINES, action="append")
    asked.add_argument("--seed", type=int, default=20261128)
    asked.add_argument("--production", type=int, default=1, help="towns of installed processes in real time")
    asked.add_argument("--rolling", type=int, default=1, help="towns in which a new version replaces the old one")
    asked.add_argument("--power", type=int, default=0, help="cuts of the power, an engine: as root, with a loop device")
    asked.add_argument("--matrix", type=int, default=0, help="only run each row of the fault matrix so many times")
    asked.add_argument("--mutants", nargs="*", metavar="X1", help="only make the known wrong programs, or some of them")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    if given.matrix:
        return 1 if any(failed for _, failed in matrix.run(given.matrix).values()) else 0
    if given.mutants is not None:
        return 1 if any(mutants.run(given.mutants).values()) else 0
    engines = given.engine or list(ENGINES)
    if given.power and power.why_not():
        asked.error(f"--power: {power.why_not()}")
    logs.configure(level=logging.ERROR)  # leases that end are what this is about
    folder = Path(tempfile.mkdtemp(prefix="surveyor-faults-"))
    children = []
    for engine in engines:
        pid = os.fork()
        if pid == 0:
            wanted = {"point_kills": given.points, "random_kills": given.random, "cuts": given.power}
            found = run_engine(engine, seed=given.seed, **wanted)
            (folder / engine).write_text(json.dumps(found))
            os._exit(0)
        children.append(pid)
    failed = [pid for pid in children if os.waitpid(pid, 0)[1]]
    results = [json.loads((folder / engine).read_text()) for engine in engines if (folder / engine).exists()]
    shutil.rmtree(folder, ignore_errors=True)
    bad = bool(failed)
    print(
        f"{'engine':12}{'schedule':10}{'kills':>7}{'orders':>9}{'emails':>9}{'answers':>9}{'lost':>6}{'twice':>7}{'broken':>8}"
    )
    for result in results:
        for name in ("points", "chaos", "power"):
            row = result[name]
            if row:
                bad |= bool(row["lost"] or row["twice"] or row["broken"])
                figures = [row["kills"], row["orders"], row["emails"], row["answers"], row["lost"], row["twice"]]
                widths = (7, 9, 9, 9, 6, 7)
                cells = "".join(f"{figure:>{width}}" for figure, width in zip(figures, widths, strict=True))
                print(f"{result['engine']:12}{name:10}{cells}{len(row['broken']):>8}")
                for one in row["broken"][:10]:
                    print(f"  {one}")
    towns = [production.run(seed=given.seed + number) for number in range(given.production)]
    for number in range(given.rolling):
        towns.append(
            production.run(seed=given.seed + number, seconds=120, happens=rolling.roll, faulty=0, rate=rolling.RATE)
        )
    for number, town in enumerate(towns):
        bad |= not town.good
        print(f"{'rolling' if number >= given.production else 'production'}: {json.dumps(asdict(town))}")
    if given.json:
        found = {"seed": given.seed, "results": results, "production": [asdict(town) for town in towns]}
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
