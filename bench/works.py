"""What is measured."""

from pathlib import Path

from contenders import JETBLOB, ON_DISK, ON_SERVER
from measuring import Work

SMALL = "1024"
MEDIUM = str(64 << 10)
MIB = 1 << 20


def megabytes(mebibytes: int) -> float:
    return mebibytes * MIB / 1e6


def large(size: int, source: Path, storage: str = "file", extra: str = "") -> list[Work]:
    config = ["--storage", storage]
    put = ["put-file", str(source)]
    amount = megabytes(size)
    what = f"{size} MiB{extra}"
    first = storage == "file"
    return [
        Work(f"put {what}", put, "MB/s", amount, ON_SERVER, config=config, summed_up=first),
        Work(
            f"get {what}",
            ["get-file"],
            "MB/s",
            amount,
            ON_SERVER,
            [put],
            config,
            shared=True,
            summed_up=first,
        ),
    ]


def small(count: int) -> list[Work]:
    works = []
    for size, name, how_many, at_once in (
        (SMALL, "1 KiB", count, ((1, "one at a time"), (64, "64 at once"))),
        (MEDIUM, "64 KiB", max(count // 5, 500), ((16, "16 at once"),)),
    ):
        fill = ["put-small", size, str(how_many), "64"]
        for number, how in at_once:
            order = [size, str(how_many), str(number)]
            is_first = size == SMALL
            what = f"{how_many:,} x {name}, {how}"
            works += [
                Work(f"put {what}", ["put-small", *order], "/s", how_many, ON_SERVER, summed_up=is_first),
                Work(
                    f"get {what}",
                    ["get-small", *order],
                    "/s",
                    how_many,
                    ON_SERVER,
                    [fill],
                    shared=True,
                    summed_up=is_first,
                ),
            ]
    return works


def lists(count: int, beside: Path, gibibytes: float) -> list[Work]:
    fill = ["put-small", "1", str(count), "64"]
    orders = {"list": ["list", str(count + 1)], "watch": ["watch", str(count + 1)]}
    put = [fill, ["put-file", str(beside)]]
    what = f"{count:,} objects beside one of {gibibytes:g} GiB"
    return [
        Work(
            f"{work} {what}",
            order,
            "/s",
            count + 1,
            ON_SERVER,
            put,
            shared=True,
            summed_up=count == 10_000 and work == "list",
        )
        for work, order in orders.items()
    ]


def alone(count: int) -> Work:
    """Measure a list without anything beside it, for comparison."""
    fill = ["put-small", "1", str(count), "64"]
    return Work(
        f"list {count:,} objects alone", ["list", str(count)], "/s", count, [JETBLOB], [fill], shared=True
    )


def parts(size: int, source: Path, count: int) -> list[Work]:
    put = ["put-file", str(source)]
    ranges = ["get-range", MEDIUM, str(count), "16"]
    return [
        Work(f"first byte of {size} MiB", ["first-byte", "50"], "/s", 50, ON_SERVER, [put], shared=True),
        Work(
            f"get {count:,} ranges of 64 KiB, 16 at once", ranges, "/s", count, ON_SERVER, [put], shared=True
        ),
    ]


def replicated(size: int, source: Path) -> list[Work]:
    put, config = ["put-file", str(source)], ["--replicas", "3"]
    amount = megabytes(size)
    return [
        Work(f"put {size} MiB, 3 replicas", put, "MB/s", amount, ON_SERVER, config=config, summed_up=True),
        Work(
            f"get {size} MiB, 3 replicas", ["get-file"], "MB/s", amount, ON_SERVER, [put], config, shared=True
        ),
    ]


def local(size: int, source: Path) -> list[Work]:
    put = ["put-file", str(source)]
    amount = megabytes(size)
    return [
        Work(f"local: put {size} MiB", put, "MB/s", amount, ON_DISK),
        Work(f"local: get {size} MiB", ["get-file"], "MB/s", amount, ON_DISK, [put], shared=True),
    ]
