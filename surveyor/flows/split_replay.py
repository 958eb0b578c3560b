"""A replay of many orders on all the cores: customers are split between forked processes, each lives its own."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
from dataclasses import replace

from surveyor.core.history import Regime
from surveyor.core.replay import Gathered, Period, Run, joined, run

#: Below so many orders a second process costs more than it brings.
WORTH_SPLITTING = 50_000


def split_run(gathered: Gathered, regime: Regime, *, period: Period) -> Run:
    """What `run` says, by as many processes as there are cores. Forks: for commands, not for a process with threads."""
    cores = len(os.sched_getaffinity(0))
    if cores < 2 or gathered.orders < WORTH_SPLITTING:
        return run(gathered, regime, period=period)
    shares = [replace(gathered, groups=gathered.groups[n::cores]) for n in range(cores)]
    context = multiprocessing.get_context("fork")
    pipes = [context.Pipe(duplex=False) for _ in shares]
    children = [
        context.Process(target=_live, args=(writer, share, regime, period))
        for (_, writer), share in zip(pipes, shares, strict=True)
    ]
    for child, (_, writer) in zip(children, pipes, strict=True):
        child.start()
        writer.close()
    found = [reader.recv() for reader, _ in pipes]
    for child in children:
        child.join()
    return joined(found)


def _live(writer: multiprocessing.connection.Connection, share: Gathered, regime: Regime, period: Period) -> None:
    writer.send(run(share, regime, period=period))
    writer.close()
