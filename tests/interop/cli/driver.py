"""The `nats` command, driven line by line: see ../README.md. The command is the first argument."""

import base64
import json
import re
import subprocess
import sys
import tempfile
from typing import Any

# Seconds; less than the runner's patience, so that no command outlives its driver.
LIMIT = 15
# A list that hangs is a known fault, and costs this much each time.
LIMIT_OF_LISTS = 6

Request = dict[str, Any]


class AbsentError(Exception):
    """The command has no such thing."""


class RefusedError(Exception):
    """The command said no."""


class Command:
    def __init__(self, binary: str, home: str) -> None:
        self.binary, self.home, self.url = binary, home, ""

    def run(self, *arguments: str, limit: int = LIMIT) -> str:
        # Without a home it knows no context of whoever runs this.
        environment = {"HOME": self.home, "XDG_CONFIG_HOME": self.home, "NO_COLOR": "1"}
        command = [self.binary, "--server", self.url, *arguments]
        done = subprocess.run(command, check=False, env=environment, capture_output=True, timeout=limit)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise RefusedError(said.splitlines()[0] if said else f"exit code {done.returncode}")
        return done.stdout.decode()


def lacks(request: Request, *fields: str) -> None:
    for field in fields:
        if request.get(field):
            raise AbsentError(field)


def rows(text: str) -> dict[str, list[str]]:
    """Its tables: `name: value`, and values that go on in the lines below."""
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for line in text.splitlines():
        if row := re.match(r" *([A-Z][A-Za-z ]*?): (.*)", line):
            values = found.setdefault(row[1], [])
            values.append(row[2])
        elif line.startswith("  "):
            values.append(line.strip())
    return found


def pairs(lines: list[str]) -> list[tuple[str, str]]:
    return [(line.split(": ", 1)[0], line.split(": ", 1)[1]) for line in lines]


def told(name: str, bucket: str, text: str) -> dict:
    """Read what it tells of an object: of the size only roughly, and of no link."""
    table, _, metadata = text.partition("Metadata:")
    row = rows(table)
    algorithm, _, digest = row["Digest"][0].partition(" ")
    headers: dict[str, list[str]] = {}
    for header, value in pairs(row.get("Headers", [])):
        headers.setdefault(header, []).append(value)
    return {
        "name": name,
        "bucket": bucket,
        "chunks": int(row["Chunks"][0].replace(",", "")),
        "digest": f"{algorithm}={base64.urlsafe_b64encode(bytes.fromhex(digest)).decode()}",
        "description": row.get("Description", [""])[0],
        "headers": headers,
        "metadata": dict(pairs([line.strip() for line in metadata.splitlines() if ": " in line])),
        "deleted": "Deleted" in row,
    }


def seconds(duration: str) -> int:
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)([hms])", duration))


def status(text: str) -> dict:
    row = rows(text)
    return {
        "description": row.get("Description", [""])[0],
        "ttl": seconds(row["TTL"][0]),
        "sealed": row["Sealed"][0] == "true",
        "metadata": dict(pairs(row.get("Metadata", []))),
    }


def create(nats: Command, request: Request) -> None:
    flags = []
    if description := request.get("description"):
        flags.append(f"--description={description}")
    if ttl := request.get("ttl"):
        flags.append(f"--ttl={ttl}s")
    if max_bytes := request.get("max_bytes"):
        flags.append(f"--max-bucket-size={max_bytes}")
    if request.get("compression"):
        flags.append("--compress")
    flags += [f"--metadata={name}={value}" for name, value in request.get("metadata", {}).items()]
    nats.run("object", "add", *flags, request["bucket"])


def put(nats: Command, request: Request) -> None:
    lacks(request, "metadata", "piece")
    if not request["name"]:
        raise AbsentError("an empty name: it means that of the file")
    flags = ["--force", "--no-progress", f"--name={request['name']}"]
    if description := request.get("description"):
        flags.append(f"--description={description}")
    if chunk_size := request.get("chunk_size"):
        flags.append(f"--chunk-size={chunk_size}")
    for name, values in request.get("headers", {}).items():
        flags += [f"--header={name}:{value}" for value in values]
    nats.run("object", "put", *flags, request["bucket"], request["file"])


def answer(nats: Command, request: Request) -> object:
    bucket, name = request.get("bucket", ""), request.get("name", "")
    if "\0" in name:
        raise AbsentError("arguments with NUL")
    match request["op"]:
        case "hello":
            nats.url = request["url"]
            return {"version": nats.run("--version").strip().removeprefix("v")}
        case "create":
            create(nats, request)
        case "put":
            put(nats, request)
        case "get":
            flags = ["--force", "--no-progress", f"--output={request['file']}"]
            nats.run("object", "get", *flags, "--", bucket, name)
        case "info":
            return told(name, bucket, nats.run("object", "info", "--", bucket, name))
        case "delete":
            nats.run("object", "rm", "--force", "--", bucket, name)
        case "list":
            names = nats.run("object", "ls", "--names", bucket, limit=LIMIT_OF_LISTS)
            return [{"name": line} for line in names.splitlines()]
        case "seal":
            nats.run("object", "seal", "--force", bucket)
        case "status":
            return status(nats.run("object", "info", bucket))
        case operation:
            raise AbsentError(operation)
    return None


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        nats = Command(sys.argv[1], home)
        for line in sys.stdin:
            try:
                answered = {"value": answer(nats, json.loads(line))}
            except AbsentError as what:
                answered = {"absent": str(what)}
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the client's answer
                answered = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answered), flush=True)


main()
