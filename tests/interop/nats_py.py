"""Puts or gets objects with nats-py, as standard input says in JSON."""

import asyncio
import json
import sys
from pathlib import Path

import nats


async def main() -> None:
    order = json.load(sys.stdin)
    connection = await nats.connect(order["url"])
    bucket = await connection.jetstream().object_store(order["bucket"])
    for item in order["objects"]:
        path = Path(item["file"])
        if order["operation"] == "put":
            await bucket.put(item["name"], path.read_bytes())
        else:
            path.write_bytes((await bucket.get(item["name"])).data or b"")
    await connection.close()


asyncio.run(main())
