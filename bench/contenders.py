"""Who is measured: jetblob in its languages, the other clients, and floors that nobody can be faster than."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
RELEASE = TOP / "target" / "release"
BENCH = TOP / "target" / "bench"
CLIENTS = TOP / "bench" / "clients"
CLI = [str(RELEASE / "jetblob"), "--quiet", "--no-progress", "--store"]


@dataclass(frozen=True)
class Contender:
    """A program that is given a place, a bucket and the work, and tells in JSON how long that took."""

    name: str
    program: tuple[str, ...]
    works: frozenset[str] | None = None

    def command(self, place: str, bucket: str, work: list[str]) -> list[str]:
        return [*self.program, place, bucket, *work]

    @property
    def is_floor(self) -> bool:
        """Whether it does less than a client must."""
        return self.name.startswith("floor: ")

    def can(self, work: str) -> bool:
        return self.works is None or work in self.works

    def missing(self) -> str | None:
        """Say why it can't be had here, if that is so."""
        if shutil.which(self.program[0]) is None:
            return f"there is no {Path(self.program[0]).name} here"
        parts = [part for part in self.program[1:] if part.startswith(str(TOP))]
        absent = [part for part in parts if not Path(part.split(":")[0].rstrip("*")).exists()]
        return f"{Path(absent[0]).name} was not built" if absent else None


@dataclass(frozen=True)
class Command(Contender):
    """The `jetblob` command, for which the start of the process counts too."""

    def command(self, place: str, bucket: str, work: list[str]) -> list[str]:
        if work[0] == "put-file":
            return [*CLI, place, "put", work[1], f"{bucket}/large"]
        if work[0] == "get-file":
            return [*CLI, place, "cat", f"{bucket}/large"]
        return [*CLI, place, "ls", bucket]


def python(name: str) -> tuple[str, ...]:
    return (sys.executable, str(CLIENTS / name))


def node(name: str) -> tuple[str, ...]:
    return ("node", str(CLIENTS / name))


def java(name: str, classes: Path, jars: Path, *options: str) -> tuple[str, ...]:
    return ("java", *options, "-cp", f"{classes}:{jars}/*", name)


LARGE = frozenset({"put-file", "get-file"})
SMALL = frozenset({"put-small", "get-small"})
LISTS = frozenset({"list", "watch"})
ALL = LARGE | SMALL | LISTS | {"first-byte"}
KOTLIN = BENCH / "kotlin"
SWIFT = BENCH / "swift" / "release" / "Bench"
JARS = TOP / "target" / "interop" / "java" / "jars"

JETBLOB = Contender("jetblob", (str(RELEASE / "bench-jetblob"),))
OURS = [
    Command("jetblob, shell", (str(RELEASE / "jetblob"),), LARGE | {"list"}),
    Contender("jetblob, Python", python("jetblob_py.py"), ALL),
    Contender("jetblob.sync, Python", python("jetblob_sync_py.py"), LARGE),
    Contender("jetblob, Node", node("jetblob_node.mjs"), ALL),
    Contender("jetblob, Swift", (str(TOP / "scripts" / "swift"), "--run", str(SWIFT)), ALL),
    Contender(
        "jetblob, Kotlin", java("BenchKt", KOTLIN, KOTLIN / "jars", f"-Djna.library.path={RELEASE}"), ALL
    ),
]
OTHERS = [
    Contender("async-nats", (str(RELEASE / "bench-async-nats"),), ALL),
    Contender("nats.go", (str(BENCH / "go" / "bench"),), ALL),
    Contender("jnats", java("Bench", BENCH / "java", JARS), LARGE | SMALL | LISTS),
    Contender("nats-py", python("nats_py.py"), LARGE | SMALL | LISTS),
    Contender("@nats-io/obj", node("nats_obj.mjs"), LARGE | SMALL | LISTS),
]
FLOOR = Contender("floor: no acks, no hash", (str(RELEASE / "bench-floor"),), LARGE)
COPY_AND_HASH = Contender("floor: copy and hash", (str(RELEASE / "bench-copy-and-hash"),), LARGE)
ON_SERVER = [JETBLOB, *OURS, *OTHERS, FLOOR]
ON_DISK = [JETBLOB, *OURS, COPY_AND_HASH]
