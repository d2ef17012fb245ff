"""Where it is measured: a new nats-server, a cluster of three, or a directory."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nats
from contenders import CLI, TOP
from nats.aio.client import Client
from nats.errors import Error as NatsError

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Place:
    """A place for buckets, and what its servers use."""

    url: str
    pids: list[int]
    monitor: str | None = None
    #: The server of a cluster that all clients connect to, and that leads each bucket's stream.
    leader: str | None = None

    def cpu(self) -> float:
        """Give the seconds of processor time that the servers have used."""
        used = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
        return used / TICKS

    def messages(self) -> int:
        """Give how many messages the server has taken and sent."""
        if self.monitor is None:
            return 0
        with urllib.request.urlopen(f"{self.monitor}/varz") as answer:
            told = json.load(answer)
        return int(told["in_msgs"]) + int(told["out_msgs"])

    def create(self, bucket: str, *config: str) -> None:
        subprocess.run([*CLI, self.url, "bucket", "create", bucket, *config], check=True, capture_output=True)
        if self.leader is not None:
            asyncio.run(lead(self.url, f"OBJ_{bucket}", self.leader))

    def remove(self, bucket: str) -> None:
        copy = Path(self.url) / bucket
        if copy.is_file():
            copy.unlink()
            return
        command = [*CLI, self.url, "bucket", "rm", "--force", bucket]
        subprocess.run(command, check=True, capture_output=True)


@contextmanager
def server(directory: Path) -> Iterator[Place]:
    with started(directory, {"http": "127.0.0.1:-1"}) as (process, told):
        yield Place(told["nats"][0], [process.pid], told["monitoring"][0])


@contextmanager
def cluster(directory: Path) -> Iterator[Place]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
    processes, urls = [], []
    try:
        for number, port in enumerate(ports):
            own = directory / str(number)
            own.mkdir()
            config = {
                "server_name": f"s{number}",
                "cluster": f'{{ name: bench, listen: "127.0.0.1:{port}", routes: [{routes}] }}',
            }
            processes.append(start(own, config))
        urls = [listens(directory / str(number))["nats"][0] for number in range(3)]
        # Not every client takes the URLs of all three.
        place = Place(urls[0], [process.pid for process in processes], leader="s0")
        place.create("ready", "--replicas", "3", "--timeout", "60s")
        yield place
    finally:
        for process in processes:
            process.kill()
            process.wait()


async def lead(url: str, stream: str, leader: str) -> None:
    """Make a server the leader of a stream."""
    connection = await nats.connect(url)
    request = json.dumps({"placement": {"preferred": leader}}).encode()
    try:
        async with asyncio.timeout(20):
            while (await leader_of(connection, stream)) != leader:
                with suppress(NatsError):
                    await connection.request(f"$JS.API.STREAM.LEADER.STEPDOWN.{stream}", request, timeout=2)
    finally:
        await connection.close()


async def leader_of(connection: Client, stream: str) -> str:
    """Give the leader of a stream, once it has one."""
    while True:
        with suppress(NatsError):
            answer = await connection.request(f"$JS.API.STREAM.INFO.{stream}", timeout=2)
            leader = json.loads(answer.data).get("cluster", {}).get("leader")
            if leader:
                return str(leader)
        await asyncio.sleep(0.02)


@contextmanager
def started(
    directory: Path, config: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, list[str]]]]:
    process = start(directory, config)
    try:
        yield process, listens(directory)
    finally:
        process.terminate()
        process.wait()


def start(directory: Path, config: dict[str, str]) -> subprocess.Popen[bytes]:
    (directory / "ports").mkdir()
    lines = [
        "listen: 127.0.0.1:-1",
        f'ports_file_dir: "{directory}/ports"',
        f'jetstream {{ store_dir: "{directory}/js", max_mem: 4G }}',
        *(f"{key}: {value}" for key, value in config.items()),
    ]
    (directory / "server.conf").write_text("\n".join(lines) + "\n")
    binary = os.environ.get("JETBLOB_NATS_SERVER", str(TOP / ".venv" / "bin" / "nats-server"))
    return subprocess.Popen([binary, "-c", str(directory / "server.conf"), "-l", str(directory / "log")])


def listens(directory: Path) -> dict[str, list[str]]:
    """Wait until the server says where it listens."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for told in (directory / "ports").iterdir():
            try:
                return dict(json.loads(told.read_text()))
            except ValueError:
                pass
        time.sleep(0.02)
    sys.exit("the server does not listen")
