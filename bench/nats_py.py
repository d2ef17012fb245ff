"""nats-py: the same arguments and output as the other contenders."""

import asyncio
import io
import sys
import time

import nats
from lag import lag, p99


class Nowhere(io.BufferedIOBase):
    """A file that drops what is written."""

    def write(self, data: object) -> int:
        return len(data)  # type: ignore[arg-type]


async def main() -> None:
    place, name, work, what, *numbers = [*sys.argv[1:], "0"][:8]
    connection = await nats.connect(place)
    bucket = await connection.jetstream().object_store(name)
    start = time.perf_counter()
    async with lag() as late:
        if work == "put-file":
            with open(what, "rb") as file:
                await bucket.put("large", file)
        elif work == "get-file":
            await bucket.get("large", writeinto=Nowhere())
        else:
            size, count, at_once = int(what), int(numbers[0]), int(numbers[1])
            data = b"\x07" * size
            todo = iter(range(count))

            async def worker() -> None:
                for index in todo:
                    if work == "put-small":
                        await bucket.put(f"small/{index}", data)
                    else:
                        got = await bucket.get(f"small/{index}")
                        assert len(got.data or b"") == size

            await asyncio.gather(*(worker() for _ in range(at_once)))
    print(time.perf_counter() - start, p99(late))
    await connection.close()


asyncio.run(main())
