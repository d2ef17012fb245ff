"""One work, done by each of its contenders in turn, several times."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from contenders import JETBLOB, Contender
from servers import Place

TOO_LONG = 300
#: Who needs longer than this isn't asked again.
SLOW = 2.5
#: How often a process is looked at.
LOOK = 0.005


@dataclass
class Work:
    name: str
    order: list[str]
    unit: str
    amount: float
    contenders: list[Contender]
    #: What jetblob does in the bucket before.
    prepare: list[list[str]] = field(default_factory=list)
    config: list[str] = field(default_factory=list)
    #: Whether all use one bucket, which none of them changes.
    shared: bool = False
    #: Whether it is in the summary.
    summed_up: bool = False


@dataclass
class Run:
    seconds: float
    cpu: float
    server_cpu: float
    memory: float
    messages: int
    lag_ms: float | None = None
    first_ms: float | None = None


Result = list[Run] | str


def run(contender: Contender, place: Place, bucket: str, order: list[str]) -> Run | str:
    """One process; what it measured, or the last line of its failure."""
    before, messages = place.cpu(), place.messages()
    with tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as out:
        is_cat = "cat" in contender.command(place.url, bucket, order)
        start = time.perf_counter()
        process = subprocess.Popen(
            contender.command(place.url, bucket, order),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if is_cat else out,
            stderr=err,
        )
        memory = 0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            wall = time.perf_counter() - start
            if ended:
                break
            if wall > TOO_LONG:
                process.kill()
            memory = max(memory, resident(process.pid))
            time.sleep(LOOK)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        if wall > TOO_LONG:
            return f"not done after {TOO_LONG} s"
        if process.returncode != 0:
            lines = err.read().decode(errors="replace").strip().splitlines()
            return lines[-1][:100] if lines else f"exit code {process.returncode}"
        lines = [line for line in out.read().decode(errors="replace").splitlines() if line.startswith("{")]
    told = json.loads(lines[-1]) if lines else {"seconds": wall}
    return Run(
        cpu=usage.ru_utime + usage.ru_stime,
        server_cpu=place.cpu() - before,
        memory=memory / 1024,
        messages=place.messages() - messages,
        **told,
    )


def resident(pid: int) -> int:
    """Give the most KiB that a process ever had in memory; what `wait4` tells begins with what its parent had."""
    try:
        rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) for row in rows if row.startswith("VmHWM:")), 0)


def measure(work: Work, place: Place, rounds: int) -> dict[str, Result]:
    missing = {contender.name: contender.missing() for contender in work.contenders}
    results: dict[str, Result] = {
        contender.name: f"missing: {missing[contender.name]}" if missing[contender.name] else []
        for contender in work.contenders
        if contender.can(work.order[0])
    }
    shared = prepared(work, place, "shared") if work.shared else None
    warm_up(work, place, shared)
    for number in range(rounds):
        # Another order in each round, and the same in each run.
        for contender in random.Random(f"{work.name} {number}").sample(work.contenders, len(work.contenders)):
            so_far = results.get(contender.name)
            if not isinstance(so_far, list) or (so_far and so_far[0].seconds > SLOW):
                continue
            bucket = shared
            if bucket is None or contender.is_floor:
                bucket = prepared(work, place, f"{number}", contender)
            result = run(contender, place, bucket, work.order)
            if isinstance(result, str):
                results[contender.name] = f"failed: {result}"
            else:
                so_far.append(result)
            if bucket != shared:
                place.remove(bucket)
    if shared is not None:
        place.remove(shared)
    return results


def warm_up(work: Work, place: Place, shared: str | None) -> None:
    """Do the work once without a look at the time: a new server does its first slower than its second."""
    bucket = shared or prepared(work, place, "warm-up")
    result = run(JETBLOB, place, bucket, work.order)
    if isinstance(result, str):
        sys.exit(f"{work.name} can't be done: {result}")
    if bucket != shared:
        place.remove(bucket)


def prepared(work: Work, place: Place, name: str, contender: Contender = JETBLOB) -> str:
    """Make the bucket of a work. A floor fills its own."""
    bucket = f"bench-{name}-{time.monotonic_ns()}"
    by = contender if contender.is_floor else JETBLOB
    is_file = by.name == "floor: copy and hash"
    if not is_file:
        place.create(bucket, *work.config)
    for order in work.prepare:
        result = run(by, place, bucket, order)
        if isinstance(result, str):
            sys.exit(f"{work.name} could not be prepared by {by.name}: {result}")
    return bucket


def median(runs: list[Run], of: Callable[[Run], float]) -> float:
    return statistics.median(of(run) for run in runs)
