"""What came out: a table on the terminal, one in Markdown, a JSON file, and a plot."""

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path

from measuring import Result, Run, Work, median


def show(work: Work, results: dict[str, Result]) -> None:
    print(f"\n{work.name}")
    first = next(iter(results.values()))
    base = median(first, lambda run: run.seconds) if isinstance(first, list) and first else None
    for name, runs in results.items():
        print(f"  {name:24}", line(work, runs, base) if isinstance(runs, list) else runs, flush=True)


def line(work: Work, runs: list[Run], base: float | None) -> str:
    seconds = median(runs, lambda run: run.seconds)
    speeds = sorted(work.amount / run.seconds for run in runs)
    parts = [
        f"{work.amount / seconds:10,.0f} {work.unit:4} ({speeds[0]:,.0f} to {speeds[-1]:,.0f})",
        f"CPU {median(runs, lambda run: run.cpu):5.2f} s",
        f"server {median(runs, lambda run: run.server_cpu):5.2f} s",
        f"{max(run.memory for run in runs):5.0f} MiB",
    ]
    if base:
        parts.append(f"{seconds / base:6.2f} x the time")
    if work.unit == "/s":
        parts.append(f"{median(runs, lambda run: run.messages) / work.amount:5.1f} messages each")
    lags = [run for run in runs if run.lag_ms is not None]
    if lags:
        parts.append(f"lag {median(lags, lambda run: run.lag_ms or 0.0):.1f} ms")
    firsts = [run for run in runs if run.first_ms is not None]
    if firsts:
        parts.append(f"first after {median(firsts, lambda run: run.first_ms or 0.0):.1f} ms")
    return "  ".join(parts)


def machine() -> str:
    cpu = next(
        (
            row.partition(":")[2].strip()
            for row in Path("/proc/cpuinfo").read_text().splitlines()
            if row.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{len(os.sched_getaffinity(0))} cores of {cpu}, {platform.system()}, shared by client and server"


def save(directory: Path, everything: list[tuple[Work, dict[str, Result]]], versions: dict[str, str]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    told = {
        "machine": machine(),
        "versions": versions,
        "works": [
            {
                "name": work.name,
                "unit": work.unit,
                "amount": work.amount,
                "results": {
                    name: [asdict(run) for run in runs] if isinstance(runs, list) else runs
                    for name, runs in results.items()
                },
            }
            for work, results in everything
        ],
    }
    (directory / "results.json").write_text(json.dumps(told, indent=1) + "\n")
    summary = summed_up(everything)
    (directory / "results.md").write_text(markdown(everything, versions))
    (directory / "summary.md").write_text(markdown(summary, versions))


def summed_up(everything: list[tuple[Work, dict[str, Result]]]) -> list[tuple[Work, dict[str, Result]]]:
    return [(work, results) for work, results in everything if work.summed_up]


def markdown(everything: list[tuple[Work, dict[str, Result]]], versions: dict[str, str]) -> str:
    names = list(dict.fromkeys(name for _, results in everything for name in results))
    rows = [["", *(work.name for work, _ in everything)]]
    rows += [[name, *(cell(work, results.get(name)) for work, results in everything)] for name in names]
    if len(rows) < len(everything):
        # Works are rows: there are more of them.
        rows = [list(column) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" + "---:|" * (len(rows[0]) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
    clients = ", ".join(f"{name} {version}" for name, version in versions.items())
    return "\n".join(lines) + f"\n\n{machine()}. {clients}.\n"


def cell(work: Work, result: Result | None) -> str:
    if result is None:
        return ""
    if isinstance(result, str):
        return result.partition(":")[0]
    return f"{work.amount / median(result, lambda run: run.seconds):,.0f} {work.unit}"
