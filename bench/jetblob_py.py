"""jetblob in Python: the same arguments and output as the other contenders."""

import asyncio
import sys
import time
from pathlib import Path

from lag import lag, p99

import jetblob


async def main() -> None:
    place, name, work, what, *numbers = [*sys.argv[1:], "0"][:8]
    async with jetblob.Store.open(place) as store:
        bucket = await store.bucket(name)
        start = time.perf_counter()
        async with lag() as late:
            if work == "put-file":
                await bucket.put("large", Path(what))
            elif work == "get-file":
                async with bucket.get("large") as object:
                    async for _ in object:
                        pass
            else:
                await small(bucket, work, int(what), int(numbers[0]), int(numbers[1]))
        print(time.perf_counter() - start, p99(late))


async def small(bucket: jetblob.Bucket, work: str, size: int, count: int, at_once: int) -> None:
    data = b"\x07" * size
    todo = iter(range(count))

    async def worker() -> None:
        for index in todo:
            if work == "put-small":
                await bucket.put_bytes(f"small/{index}", data)
            else:
                assert len(await bucket.get_bytes(f"small/{index}")) == size

    await asyncio.gather(*(worker() for _ in range(at_once)))


asyncio.run(main())
