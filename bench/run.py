"""Measures jetblob beside other clients: processes that do the same work on one server, in turn.

Prints a table of medians (minimum to maximum), with the CPU seconds and the peak memory of each process, and the ratio
to jetblob of the same run; of event loops also how late one wake-up in a hundred came. Machines are noisy: only ratios
of one run are claims.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
RELEASE = TOP / "target" / "release"
PYTHON = [sys.executable]


@dataclass
class Contender:
    name: str
    command: list[str]


JETBLOB = Contender("jetblob", [str(RELEASE / "bench-jetblob")])
CLIENTS = [
    JETBLOB,
    Contender("async-nats", [str(RELEASE / "bench-async-nats")]),
    Contender("nats-py", [*PYTHON, str(TOP / "bench" / "nats_py.py")]),
]
PYTHON_ASYNC = Contender("jetblob, Python", [*PYTHON, str(TOP / "bench" / "jetblob_py.py")])
NODE = Contender("jetblob, Node", ["node", str(TOP / "bench" / "jetblob_node.mjs")])
NATS_OBJ = Contender("@nats-io/obj", ["node", str(TOP / "bench" / "nats_obj.mjs")])
PYTHON_SYNC = Contender("jetblob.sync", [*PYTHON, str(TOP / "bench" / "jetblob_sync_py.py")])
LARGE = [*CLIENTS, PYTHON_ASYNC, PYTHON_SYNC, NODE, NATS_OBJ]
LOCAL = [
    Contender("jetblob, local", JETBLOB.command),
    Contender("copy and hash", [str(RELEASE / "bench-copy-and-hash")]),
    PYTHON_ASYNC,
    PYTHON_SYNC,
    NODE,
]


@dataclass
class Work:
    name: str
    order: list[str]
    unit: str
    amount: float
    prepare: list[str] | None = None
    contenders: list[Contender] = field(default_factory=lambda: [*CLIENTS, PYTHON_ASYNC, NODE])


@dataclass
class Run:
    seconds: float
    cpu: float
    memory: float
    lag: float | None


def run(contender: Contender, place: str, bucket: str, order: list[str]) -> Run | str:
    """One process; what it measured, or the last line of its failure."""
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    process = subprocess.Popen([*contender.command, place, bucket, *order], stdout=out, stderr=err)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    out.seek(0), err.seek(0)
    if process.returncode != 0:
        lines = err.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:100] if lines else f"exit code {process.returncode}"
    seconds, *lag = map(float, out.read().decode().strip().splitlines()[-1].split())
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, lag[0] if lag else None)


def must(result: Run | str) -> None:
    if isinstance(result, str):
        sys.exit(f"the benchmark could not be prepared: {result}")


def server(directory: Path) -> tuple[subprocess.Popen[bytes], str]:
    ports = directory / "ports"
    ports.mkdir()
    config = directory / "server.conf"
    config.write_text(
        f'listen: 127.0.0.1:-1\nports_file_dir: "{ports}"\njetstream {{ store_dir: "{directory}/js" }}\n'
    )
    binary = os.environ.get("JETBLOB_NATS_SERVER", str(TOP / ".venv" / "bin" / "nats-server"))
    process = subprocess.Popen([binary, "-c", str(config), "-l", str(directory / "log")])
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for told in ports.iterdir():
            try:
                return process, json.loads(told.read_text())["nats"][0]
            except ValueError:
                pass
        time.sleep(0.02)
    process.kill()
    sys.exit("the server does not listen")


def measure(work: Work, place: str, rounds: int) -> dict[str, list[Run] | str]:
    results: dict[str, list[Run] | str] = {contender.name: [] for contender in work.contenders}
    for round_number in range(rounds):
        for contender in work.contenders:
            so_far = results[contender.name]
            if isinstance(so_far, str):
                continue
            bucket = f"bench-{round_number}-{time.monotonic_ns()}"
            if contender.command != LOCAL[1].command:
                must(run(JETBLOB, place, bucket, work.prepare or ["put-small", "1", "1", "1"]))
            elif work.prepare:
                must(run(contender, place, bucket, work.prepare))
            result = run(contender, place, bucket, work.order)
            if isinstance(result, str):
                results[contender.name] = result
            else:
                so_far.append(result)
            clean(place, bucket)
    return results


def clean(place: str, bucket: str) -> None:
    copy = Path(place) / bucket
    if copy.is_file():
        copy.unlink()
        return
    command = [str(RELEASE / "jetblob"), "--store", place, "bucket", "rm", "--force", bucket]
    subprocess.run(command, check=True, capture_output=True)


def show(work: Work, results: dict[str, list[Run] | str]) -> None:
    print(f"\n{work.name}")
    first = next(iter(results.values()))
    base = statistics.median(run.seconds for run in first) if isinstance(first, list) and first else None
    for name, runs in results.items():
        if isinstance(runs, str):
            print(f"  {name:16} failed: {runs}")
            continue
        speeds = sorted(work.amount / run.seconds for run in runs)
        seconds = statistics.median(run.seconds for run in runs)
        ratio = f"{seconds / base:6.2f} x the time" if base else ""
        cpu = statistics.median(run.cpu for run in runs)
        memory = max(run.memory for run in runs)
        lags = [run.lag for run in runs if run.lag is not None]
        lag = f"  lag {statistics.median(lags):4.1f} ms" if lags else ""
        print(
            f"  {name:16} {statistics.median(speeds):10,.0f} {work.unit} ({speeds[0]:,.0f} to {speeds[-1]:,.0f})"
            f"  CPU {cpu:6.2f} s  {memory:5.0f} MiB  {ratio}{lag}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller work, fewer rounds")
    parser.add_argument("--only", default="", help="only works whose name holds this text")
    parser.add_argument("--rounds", type=int, help="how often each contender does each work")
    arguments = parser.parse_args()
    size, count, rounds = (256, 1000, 3) if arguments.quick else (1024, 10_000, 5)
    rounds = arguments.rounds or rounds
    with tempfile.TemporaryDirectory(dir=TOP / "target") as temporary:
        directory = Path(temporary)
        source = directory / "source"
        with source.open("wb") as file:
            for _ in range(size):
                file.write(os.urandom(1 << 20))
        megabytes = size * (1 << 20) / 1e6
        put, small = ["put-file", str(source)], [str(count)]
        on_server = [
            Work(f"put {size} MiB", put, "MB/s", megabytes, contenders=LARGE),
            Work(f"get {size} MiB", ["get-file"], "MB/s", megabytes, put, LARGE),
            Work(f"put 1 KiB x {count:,}, one at a time", ["put-small", "1024", *small, "1"], "/s", count),
            Work(f"put 1 KiB x {count:,}, 64 at once", ["put-small", "1024", *small, "64"], "/s", count),
        ]
        fill = ["put-small", "1024", *small, "64"]
        for at_once in ("1", "64"):
            how = "one at a time" if at_once == "1" else "64 at once"
            order = ["get-small", "1024", *small, at_once]
            on_server.append(Work(f"get 1 KiB x {count:,}, {how}", order, "/s", count, fill))
        local = [
            Work(f"local: put {size} MiB", put, "MB/s", megabytes, contenders=LOCAL),
            Work(f"local: get {size} MiB", ["get-file"], "MB/s", megabytes, put, LOCAL),
        ]
        process, url = server(directory)
        try:
            for work in on_server:
                if arguments.only in work.name:
                    show(work, measure(work, url, rounds))
        finally:
            process.terminate()
            process.wait()
        for work in local:
            if arguments.only in work.name:
                show(work, measure(work, str(directory), rounds))


main()
