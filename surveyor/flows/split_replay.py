"""A replay of many orders on all the cores: customers are split between forked processes, each lives its own."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
from dataclasses import replace
from typing import Any

from surveyor.core.history import Regime
from surveyor.core.replay import Gathered, Period, Run, Send, joined, run

#: Below so many orders a second process costs more than it brings.
WORTH_SPLITTING = 50_000


def split_run(gathered: Gathered, regime: Regime, *, period: Period, processes: int | None = None) -> Run:
    """What `run` says, by as many processes as there are cores, this one included; `processes`: by so many.

    Forks: for commands, not for a process with threads.
    """
    cores = processes or (len(os.sched_getaffinity(0)) if gathered.orders >= WORTH_SPLITTING else 1)
    if cores < 2:
        return run(gathered, regime, period=period)
    own, *others = [replace(gathered, groups=gathered.groups[n::cores]) for n in range(cores)]
    context = multiprocessing.get_context("fork")
    pipes = [context.Pipe(duplex=False) for _ in others]
    children = [
        context.Process(target=_live, args=(writer, share, regime, period), daemon=True)
        for (_, writer), share in zip(pipes, others, strict=True)
    ]
    for child, (_, writer) in zip(children, pipes, strict=True):
        child.start()
        writer.close()
    found = [run(own, regime, period=period), *(_taken(reader) for reader, _ in pipes)]
    for child in children:
        child.join()
    return joined(found)


def _live(writer: multiprocessing.connection.Connection, share: Gathered, regime: Regime, period: Period) -> None:
    found = run(share, regime, period=period)
    # Emails go by column: half the cost of as many objects.
    writer.send((tuple(zip(*found.sends, strict=True)), replace(found, sends=[])))
    writer.close()


def _taken(reader: multiprocessing.connection.Connection) -> Run:
    columns: tuple[tuple[Any, ...], ...]
    found: Run
    columns, found = reader.recv()
    return replace(found, sends=list(map(Send._make, zip(*columns, strict=True))))
