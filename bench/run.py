"""Measures jetblob beside other clients: processes that do the same work on the same server, in turn.

Prints medians (minimum to maximum), the processor time of each process and of the server, the peak memory, and the
ratio to jetblob of the same run; of event loops also how late one wake-up in a hundred came. Machines are noisy: only
ratios of one run are claims.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import works
from contenders import BENCH, TOP
from measuring import Result, Work, measure
from plot import plot
from report import save, show, summed_up
from servers import Place, cluster, server

GIB = 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller work, fewer rounds")
    parser.add_argument("--summary", action="store_true", help="only works that are in the summary")
    parser.add_argument("--only", default="", help="only works whose name holds this text")
    parser.add_argument("--rounds", type=int, help="how often each contender does each work")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    begin = time.monotonic()
    everything: list[tuple[Work, dict[str, Result]]] = []
    with tempfile.TemporaryDirectory(dir=TOP / "target") as temporary:
        directory = Path(temporary)
        for opened, of_place in plan(directory, quick=arguments.quick):
            chosen = [
                work
                for work in of_place
                if arguments.only in work.name and (work.summed_up or not arguments.summary)
            ]
            for work in chosen:
                with opened() as place:
                    results = measure(work, place, rounds if work.summed_up else min(rounds, 2))
                show(work, results)
                everything.append((work, results))
    save(BENCH, everything, versions())
    plot(BENCH / "results.svg", everything)
    plot(BENCH / "summary.svg", summed_up(everything))
    print(f"\n{(time.monotonic() - begin) / 60:.1f} minutes; see {BENCH.relative_to(TOP)}/")


def plan(
    directory: Path, *, quick: bool
) -> list[tuple[Callable[[], AbstractContextManager[Place]], list[Work]]]:
    """Say where what is measured."""
    size, count = (128, 1000) if quick else (GIB, 10_000)
    source, medium, replicated = (directory / name for name in ("large", "medium", "replicated"))
    beside = directory / "beside"
    for file, mebibytes in ((source, size), (medium, 64), (replicated, size // 4)):
        with file.open("wb") as target:
            for _ in range(mebibytes):
                target.write(os.urandom(1 << 20))
    gibibytes = 0.25 if quick else 4
    with beside.open("wb") as target:
        target.truncate(int(gibibytes * (1 << 30)))
    on_server = [
        *works.large(size, source),
        *works.small(count),
        works.alone(count),
        *works.lists(count, beside, gibibytes),
        *works.parts(64, medium, count // 5),
    ]
    if not quick:
        on_server += works.lists(10 * count, beside, gibibytes)[:1]
        on_server += works.large(64, medium, "memory", ", in memory")

    def fresh(
        opened: Callable[[Path], AbstractContextManager[Place]],
    ) -> Callable[[], AbstractContextManager[Place]]:
        return lambda: opened(Path(tempfile.mkdtemp(dir=directory)))

    here = directory / "local"
    return [
        (fresh(server), on_server),
        (fresh(cluster), works.replicated(size // 4, replicated)),
        (lambda: nullcontext(Place(str(here), [])), works.local(size, source)),
    ]


def versions() -> dict[str, str]:
    pinned = dict(
        row.split("=", 1)
        for row in (TOP / "tests" / "interop" / "versions").read_text().splitlines()
        if "=" in row and not row.startswith("#")
    )
    binary = os.environ.get("JETBLOB_NATS_SERVER", str(TOP / ".venv" / "bin" / "nats-server"))
    told = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout
    return {
        "nats-server": told.split()[-1].lstrip("v"),
        "async-nats": pinned["ASYNC_NATS"],
        "nats.go": pinned["NATS_GO"],
        "jnats": pinned["NATS_JAVA"],
        "nats-py": pinned["NATS_PY"],
        "@nats-io/obj": pinned["NATS_OBJ"],
    }


main()
