"""Runs the scenarios of `tests/scenarios`; its README says how."""

from __future__ import annotations

import dataclasses
import inspect
import io
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nats

import jetblob
import jetblob.sync

if TYPE_CHECKING:
    from types import ModuleType

TESTS = Path(__file__).parent.parent
ERRORS = {
    error["code"]: error for error in json.loads((TESTS / "vectors" / "errors.json").read_text())["errors"]
}
MARK = object()
WHOLE = {"headers", "metadata", "link", "placement"}


class MismatchError(AssertionError):
    """A step did not give what it is to give."""


class Scenario:
    """A scenario under way, with the asynchronous package or the blocking one."""

    def __init__(self, api: ModuleType, engine: str, url: str, directory: Path) -> None:
        self.api = api
        self.engine = engine
        self.url = url
        self.directory = directory
        self.saved: dict[str, Any] = {}
        self.uploads: dict[int, Told] = {}
        self.stores: list[Any] = []

    async def run(self, steps: list[dict[str, Any]]) -> None:
        """Run the steps; the first one that isn't as it should be raises."""
        self.saved["store"] = await self.call(None, "open", {})
        try:
            for number, step in enumerate(steps):
                if step.get("only", self.engine) == self.engine:
                    await self.numbered_step(number, step)
        finally:
            for store in self.stores:
                await done(store.close())

    async def numbered_step(self, number: int, step: dict[str, Any]) -> None:
        """Run a step, and say which one failed."""
        try:
            await self.step(dict(step))
        except MismatchError as error:
            raise MismatchError(f"step {number}, {step}: {error}") from error

    async def step(self, step: dict[str, Any]) -> None:
        """Run one step."""
        step.pop("only", None)
        on, call, name = step.pop("on", None), step.pop("call"), step.pop("as", None)
        expect, error = step.pop("expect", MARK), step.pop("error", MARK)
        told = Told(step.get("options", {}).get("progress"))
        arguments = self.arguments(step, told)
        try:
            result = await self.call(on, call, arguments)
        except jetblob.JetblobError as failure:
            if error is MARK:
                raise
            result = failure
            self.check_error({"code": error} if isinstance(error, str) else error, failure)
        else:
            if error is not MARK:
                raise MismatchError(f"it gave {result!r}, and should have failed")
            if call == "upload":
                self.uploads[id(result)] = told
            else:
                told.check()
            if expect is not MARK:
                self.match(self.value(expect), result if isinstance(result, bytes) else shown(result))
        if name is not None:
            self.saved[name] = result

    def check_error(self, expect: dict[str, Any], error: jetblob.JetblobError) -> None:
        """Check an error that is expected, and that it is retried as the table says."""
        self.match(self.value(expect), shown(error))
        if "retryable_server_codes" not in ERRORS[error.code]:
            self.match(ERRORS[error.code]["retryable"], error.retryable)

    def arguments(self, step: dict[str, Any], told: Told) -> dict[str, Any]:
        """Give the arguments of a call, as they are in Python."""
        step = {key: self.value(value) for key, value in step.items()}
        options = step.pop("options", {})
        if "progress" in options:
            options["progress"] = told.append
        if "range" in options:
            options["range"] = as_slice(options["range"])
        if "subset" in options:
            options["subset"] = as_subset(options["subset"])
        if isinstance(step.get("meta"), dict):
            if isinstance(link := step["meta"].get("link"), dict):
                step["meta"]["link"] = jetblob.Link(**link)
            step["meta"] = jetblob.ObjectMeta(**step["meta"])
        if isinstance(step.get("config"), dict):
            if isinstance(placement := step["config"].get("placement"), dict):
                step["config"]["placement"] = jetblob.Placement(**placement)
            step["config"] = jetblob.BucketConfig(**step["config"])
        for saved in ("target", "unknown"):
            if saved in step:
                step[saved] = self.saved[step[saved]]
        return {**step, **options}

    async def call(self, on: str | None, call: str, arguments: dict[str, Any]) -> Any:
        """Make a call."""
        target = self if on is None else self.saved[on]
        own = getattr(self, f"{kind(target)}_{call}", None)
        result = own(target, **arguments) if own is not None else getattr(target, call)(**arguments)
        return await done(result)

    # Where Python has another way to say it.

    def runner_write_file(self, _: object, path: str, body: bytes) -> None:
        Path(path).write_bytes(body)

    def runner_read_file(self, _: object, path: str) -> bytes | None:
        return Path(path).read_bytes() if Path(path).exists() else None

    async def runner_open(self, _: object) -> Any:
        return await self.store_open(None)

    async def store_open(self, _: object, url: str | None = None, **options: Any) -> Any:
        store = await done(self.api.Store.open(self.url if url is None else url, **options))
        self.stores.append(store)
        return store

    def bucket_name(self, bucket: Any) -> str:
        name: str = bucket.name
        return name

    def bucket_put(
        self, bucket: Any, meta: Any, body: bytes, pieces: int | None = None, **options: Any
    ) -> Any:
        if pieces is None:
            return bucket.put(meta, body, **options)
        split = [body[at : at + pieces] for at in range(0, len(body), pieces)]
        return bucket.put(meta, split if self.api is jetblob.sync else asynchronous(split), **options)

    def bucket_put_bytes(self, bucket: Any, meta: Any, body: bytes) -> Any:
        return bucket.put_bytes(meta, body)

    async def object_next(self, object: Any, *, to_end: bool = False) -> bytes | None:
        if isinstance(object, jetblob.sync.Object):
            return b"".join(object.chunks()) if to_end else next(object.chunks(), None)
        return b"".join([chunk async for chunk in object]) if to_end else await anext(object, None)

    async def upload_finish(self, upload: Any) -> jetblob.ObjectInfo:
        info: jetblob.ObjectInfo = await done(upload.finish())
        self.uploads.pop(id(upload)).check()
        return info

    def object_read(self, object: Any, size: int) -> Any:
        return object.read(size)

    def object_seek(self, object: Any, offset: int, **from_: str) -> Any:
        (start,) = from_.values()
        assert from_ == {"from": start}
        return object.seek(offset, {"start": io.SEEK_SET, "current": io.SEEK_CUR, "end": io.SEEK_END}[start])

    def object_range(self, object: Any) -> list[int]:
        return [object.range.start, object.range.stop]

    def object_is_verified(self, object: Any) -> bool:
        verified: bool = object.is_verified
        return verified

    async def upload_write(self, upload: Any, body: bytes) -> None:
        assert await done(upload.write(body)) == len(body)

    async def runner_publish(self, _: object, subject: str, body: bytes) -> None:
        connection = await nats.connect(self.url)
        await connection.jetstream().publish(subject, body)
        await connection.close()

    async def check_next(self, check: Any) -> Any:
        return await anext(check, None) if isinstance(check, AsyncIterator) else next(check, None)

    def check_report(self, check: Any) -> Any:
        return check.report

    async def watch_next(self, watch: Any) -> Any:
        event = await anext(watch, None) if isinstance(watch, AsyncIterator) else next(watch, None)
        if event is jetblob.CAUGHT_UP:
            return "caught_up"
        return event if event is None else {"object": shown(event)}

    # Values.

    def value(self, value: Any) -> Any:
        """Give what a value of a step stands for."""
        match value:
            case {"$": path}:
                name, *fields = path.split(".")
                found = shown(self.saved[name])
                for field in fields:
                    found = found[field]
                return found
            case {"$path": path}:
                return str(self.directory / path)
            case {"$engine": engines}:
                return self.value(engines[self.engine])
            case {"text": str(text), **rest} if not rest:
                return text.encode()
            case {"hex": text, **rest} if not rest:
                return bytes.fromhex(text)
            case {"pattern": int(size), "from": int(start), **rest} if not rest:
                return bytes(at % 251 for at in range(start, start + size))
            case {"pattern": int(size), **rest} if not rest:
                return bytes(at % 251 for at in range(size))
            case dict():
                return {key: self.value(item) for key, item in value.items()}
            case list():
                return [self.value(item) for item in value]
        return value

    def match(self, expect: Any, found: Any, where: str = "it") -> None:
        """Check that a result is as expected."""
        match expect:
            case {"$any_order": items}:
                self.match_any_order(items, found, where)
            case {"$above": limit}:
                agree(found > limit, expect, found, where)
            case {"$not": other}:
                agree(found != other, expect, found, where)
            case dict() if where.rsplit(".", 1)[-1] not in WHOLE:
                agree(isinstance(found, dict), expect, found, where)
                for key, value in expect.items():
                    agree(key in found, expect, found, where)
                    self.match(value, found[key], f"{where}.{key}")
            case list() if where.rsplit(".", 1)[-1] not in WHOLE:
                agree(isinstance(found, list) and len(found) == len(expect), expect, found, where)
                for number, (value, item) in enumerate(zip(expect, found, strict=True)):
                    self.match(value, item, f"{where}.{number}")
            case _:
                agree(
                    found == expect and isinstance(found, bool) == isinstance(expect, bool),
                    expect,
                    found,
                    where,
                )

    def match_any_order(self, items: list[Any], found: Any, where: str) -> None:
        """Match each with one of its own."""
        left = list(found)
        agree(len(left) == len(items), items, found, where)
        for item in items:
            for candidate in left:
                try:
                    self.match(item, candidate, where)
                except MismatchError:
                    continue
                left.remove(candidate)
                break
            else:
                raise MismatchError(f"{where}: {item!r} is not in {left!r}")


class Told(list[int]):
    """What a progress callback is told."""

    def __init__(self, end: int | None) -> None:
        super().__init__()
        self.end = end

    def check(self) -> None:
        """Check that it rose, and ended as it should."""
        if self.end is not None:
            agree(self == sorted(self) and self[-1:] == [self.end], self.end, self, "progress")


def agree(holds: bool, expect: Any, found: Any, where: str) -> None:  # noqa: FBT001
    """Raise unless it holds."""
    if not holds:
        raise MismatchError(f"{where}: {expect!r} is expected, {found!r} was found")


async def done(result: Any) -> Any:
    """Await what is to be awaited, and take what is to be iterated; a watch or a check is left as it is."""
    if inspect.isawaitable(result):
        result = await result
    if type(result).__name__ == "Items":
        return [item async for item in result] if isinstance(result, AsyncIterator) else list(result)
    return result


async def asynchronous(items: list[bytes]) -> AsyncIterator[bytes]:
    """Iterate asynchronously."""
    for item in items:
        yield item


def kind(target: object) -> str:
    """Name what a call is made on."""
    return "runner" if isinstance(target, Scenario) else type(target).__name__.lower()


def as_slice(given: Any) -> slice | None:
    """Give a range of bytes."""
    match given:
        case "all":
            return None
        case {"bounded": [start, end]}:
            return slice(start, end)
        case {"from": start}:
            return slice(start, None)
        case {"suffix": 0}:
            return slice(0, 0)
        case {"suffix": count}:
            return slice(-count, None)
    raise AssertionError(given)


def as_subset(given: Any) -> str | int:
    """Give a subset of objects."""
    match given:
        case {"percent": percent}:
            return f"{percent}%"
        case {"part": [part, of]}:
            return f"{part}/{of}"
        case {"bytes": int(count)}:
            return count
    raise AssertionError(given)


def shown(result: Any) -> Any:
    """Give a result as JSON."""
    match result:
        case list():
            return [shown(item) for item in result]
        case dict():
            return {key: shown(value) for key, value in result.items()}
        case jetblob.JetblobError():
            fields = {
                "code": result.code,
                "retryable": result.retryable,
                "bucket": result.bucket,
                "name": result.name,
            }
            return {key: value for key, value in fields.items() if value is not None}
        case timedelta():
            return result.total_seconds()
        case datetime():
            return result.timestamp()
        case tuple():
            return [shown(item) for item in result]
        case _ if dataclasses.is_dataclass(result) and not isinstance(result, type):
            return {field.name: shown(getattr(result, field.name)) for field in dataclasses.fields(result)}
        case _ if kind(result) == "object":
            return {"info": shown(result.info)}
        case _ if kind(result) in {"store", "bucket", "upload", "watch", "check"}:
            return None
    return result


def load(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Read the scenarios of a file."""
    for scenario in json.loads(path.read_text())["scenarios"]:
        yield scenario["scenario"], scenario["steps"]


async def play(api: ModuleType, engine: str, url: str, steps: list[dict[str, Any]]) -> None:
    """Run a scenario on an empty store."""
    with tempfile.TemporaryDirectory() as directory:
        await Scenario(api, engine, url, Path(directory)).run(steps)
