"""nats-py, driven line by line: see ../README.md."""

import asyncio
import importlib.metadata
import io
import json
import sys
from pathlib import Path
from typing import Any

import nats
import nats.js
from nats.js import api
from nats.js.errors import NotFoundError
from nats.js.object_store import ObjectStore

Request = dict[str, Any]


class AbsentError(Exception):
    """nats-py has no such thing."""


class Pieces(io.BytesIO):
    """Gives at most so many bytes with each read."""

    def __init__(self, content: bytes, piece: int) -> None:
        super().__init__(content)
        self.piece = piece

    def readinto(self, into: bytearray) -> int:
        return super().readinto(memoryview(into)[: self.piece])


def lacks(request: Request, *fields: str) -> None:
    for field in fields:
        if request.get(field):
            raise AbsentError(field)


def told(info: api.ObjectInfo) -> dict:
    link = info.options and info.options.link
    headers = info.headers or {}
    return {
        "name": info.name,
        "bucket": info.bucket,
        "size": info.size or 0,
        "chunks": info.chunks or 0,
        "digest": info.digest,
        "description": info.description or "",
        # What it reads is what was written: a text, or a list of them.
        "headers": {
            name: values if isinstance(values, list) else [values] for name, values in headers.items()
        },
        "link": {"bucket": link.bucket, "name": link.name or None} if link else None,
        "deleted": bool(info.deleted),
    }


def meta(request: Request) -> api.ObjectMeta:
    lacks(request, "metadata")
    # Its headers are a dict that is written as it is: of texts, as its users write it, unless there are several.
    headers = {
        name: values if len(values) > 1 else values[0] for name, values in request.get("headers", {}).items()
    }
    chunk_size = request.get("chunk_size")
    return api.ObjectMeta(
        name=request["name"],
        description=request.get("description"),
        headers=headers or None,
        options=api.ObjectMetaOptions(max_chunk_size=chunk_size) if chunk_size else None,
    )


async def create(context: nats.js.JetStreamContext, request: Request) -> None:
    lacks(request, "compression", "metadata")
    config = api.ObjectStoreConfig(
        description=request.get("description"),
        ttl=request.get("ttl"),
        max_bytes=request.get("max_bytes"),
    )
    await context.create_object_store(request["bucket"], config=config)


async def put(bucket: ObjectStore, request: Request) -> None:
    content = Path(request["file"]).read_bytes()
    piece = request.get("piece")
    body = Pieces(content, piece) if piece else content
    await bucket.put(request["name"], body, meta=meta(request))


async def listed(bucket: ObjectStore) -> list[dict]:
    try:
        return [told(info) for info in await bucket.list(ignore_deletes=True)]
    except NotFoundError:  # An empty bucket is an error here.
        return []


async def watched(bucket: ObjectStore) -> list[dict]:
    seen: list[dict] = []
    watcher = await bucket.watch()
    while (info := await watcher.updates(timeout=15)) is not None:
        seen.append(told(info))
    await watcher.stop()
    return seen


async def status(bucket: ObjectStore) -> dict:
    status = await bucket.status()
    config = status.stream_info.config
    return {
        "description": status.description or "",
        "ttl": int(status.ttl or 0),
        "max_bytes": config.max_bytes if config.max_bytes and config.max_bytes > 0 else None,
        "sealed": bool(status.sealed),
    }


async def answer(context: nats.js.JetStreamContext, request: Request) -> object:
    if request["op"] == "create":
        return await create(context, request)
    bucket = await context.object_store(request["bucket"])
    name = request.get("name", "")
    match request["op"]:
        case "put":
            await put(bucket, request)
        case "get":
            Path(request["file"]).write_bytes((await bucket.get(name)).data or b"")
        case "info":
            return told(await bucket.get_info(name))
        case "update":
            await bucket.update_meta(name, meta(request))
        case "rename":
            await bucket.update_meta(name, api.ObjectMeta(name=request["new_name"]))
        case "delete":
            await bucket.delete(name)
        case "list":
            return await listed(bucket)
        case "watch":
            return await watched(bucket)
        case "seal":
            await bucket.seal()
        case "status":
            return await status(bucket)
        case operation:
            raise AbsentError(operation)
    return None


async def main() -> None:
    context = None
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        try:
            if request["op"] == "hello":
                context = (await nats.connect(request["url"])).jetstream(timeout=15)
                answered = {"value": {"version": importlib.metadata.version("nats-py")}}
            else:
                answered = {"value": await answer(context, request)}
        except AbsentError as what:
            answered = {"absent": str(what)}
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the client's answer
            answered = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answered), flush=True)


asyncio.run(main())
