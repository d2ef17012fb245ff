"""What can be put, and what becomes of it."""

from __future__ import annotations

import array
import asyncio
import io
import os
from typing import TYPE_CHECKING, Any, cast

import pytest
from conftest import holds_only

import jetblob
import jetblob.sync

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

MIB = 1 << 20
WHOLE = bytes(range(256)) * 4096 * 3 + b"end"


def pieces(size: int = 100_000) -> Iterator[bytes]:
    return (WHOLE[at : at + size] for at in range(0, len(WHOLE), size))


async def async_pieces(size: int = 100_000) -> AsyncIterator[bytes]:
    for piece in pieces(size):
        await asyncio.sleep(0)
        yield piece


class AsyncFile:
    """As of aiofiles."""

    def __init__(self) -> None:
        self._file = io.BytesIO(WHOLE)

    async def read(self, size: int) -> bytes:
        await asyncio.sleep(0)
        return self._file.read(size)


@pytest.fixture
def bodies(tmp_path: Path) -> Iterator[dict[str, Any]]:
    path = tmp_path / "body"
    path.write_bytes(WHOLE)
    with path.open("rb") as file, path.open("rb", buffering=0) as unbuffered:
        yield _bodies(path, file, unbuffered)


def _bodies(path: Path, file: io.BufferedReader, unbuffered: io.RawIOBase) -> dict[str, Any]:
    return {
        "bytes": WHOLE,
        "bytearray": bytearray(WHOLE),
        "memoryview": memoryview(WHOLE),
        "a view with gaps": memoryview(bytes(byte for byte in WHOLE for _ in range(2)))[::2],
        "an array of numbers": array.array("I", WHOLE + b"!"),
        "path": path,
        "file": file,
        "unbuffered file": unbuffered,
        "memory": io.BytesIO(WHOLE),
        "list": list(pieces()),
        "generator": pieces(),
        "bytearrays": (bytearray(piece) for piece in pieces()),
        "small pieces": list(pieces(1000)),
        "one piece": [WHOLE],
        "empty pieces": [b"", WHOLE, b"", b""],
    }


ASYNC: dict[str, Any] = {"async iterator": async_pieces, "async file": AsyncFile}


async def test_every_kind_of_body(bucket: jetblob.Bucket, bodies: dict[str, Any]) -> None:
    """Bytes-like objects, paths, files, iterables and asynchronous iterables are stored byte for byte."""
    for kind, body in (bodies | {kind: make() for kind, make in ASYNC.items()}).items():
        want = WHOLE + b"!" if kind == "an array of numbers" else WHOLE
        told: list[int] = []
        info = await bucket.put(kind, body, progress=told.append)
        assert info.size == len(want), kind
        assert await bucket.get_bytes(kind) == want, kind
        assert told == sorted(told), kind
        assert told[-1] == len(want), kind


def test_every_kind_of_body_blocking(sync_bucket: jetblob.sync.Bucket, bodies: dict[str, Any]) -> None:
    """The same, blocking."""
    for kind, body in bodies.items():
        want = WHOLE + b"!" if kind == "an array of numbers" else WHOLE
        told: list[int] = []
        assert sync_bucket.put(kind, body, progress=told.append).size == len(want), kind
        assert sync_bucket.get_bytes(kind) == want, kind
        assert told == sorted(told), kind
        assert told[-1] == len(want), kind


async def test_a_pipe(bucket: jetblob.Bucket) -> None:
    """A file that blocks does not block the event loop."""
    read, write = os.pipe()
    with os.fdopen(read, "rb") as source:
        put = asyncio.create_task(bucket.put("pipe", source))
        await asyncio.sleep(0.01)
        with os.fdopen(write, "wb") as sink:
            sink.write(b"at last")
        assert (await put).size == 7


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("text", "put_string"),
        (5, "not int"),
        (None, "not NoneType"),
        ([1, 2], "item of body"),
        (["text"], "item of body"),
        (io.StringIO("text"), "binary mode"),
        ({"a": 1}, "item of body"),
    ],
)
async def test_what_is_no_body(
    bucket: jetblob.Bucket, sync_bucket: jetblob.sync.Bucket, url: str, body: Any, says: str
) -> None:
    """It is a TypeError that says what is wrong, and nothing is stored."""
    with pytest.raises(TypeError, match=says):
        await bucket.put("a", body)
    if isinstance(body, io.StringIO):
        body.seek(0)
    with pytest.raises(TypeError, match=says):
        sync_bucket.put("a", body)
    await holds_only(url, bucket)


async def test_a_closed_file(bucket: jetblob.Bucket, sync_bucket: jetblob.sync.Bucket) -> None:
    """It is the ValueError of the file itself."""
    body = io.BytesIO(b"a")
    body.close()
    with pytest.raises(ValueError, match="closed file"):
        await bucket.put("a", body)
    with pytest.raises(ValueError, match="closed file"):
        sync_bucket.put("a", body)


class OursError(Exception):
    """An exception of the caller's."""


def failing() -> Iterator[bytes]:
    yield WHOLE
    raise OursError("the source broke")


async def async_failing() -> AsyncIterator[bytes]:
    yield WHOLE
    raise OursError("the source broke")


async def test_an_exception_of_the_body(
    bucket: jetblob.Bucket, sync_bucket: jetblob.sync.Bucket, url: str
) -> None:
    """What the body raises comes out as it is; the old object stays, and nothing else is left."""
    await bucket.put_string("a", "old")
    for body in (failing(), async_failing()):
        with pytest.raises(OursError, match="the source broke"):
            await bucket.put("a", body)
    same = (
        sync_bucket if sync_bucket.name == bucket.name else jetblob.sync.Store.open(url).bucket(bucket.name)
    )
    with pytest.raises(OursError, match="the source broke"):
        same.put("a", failing())
    assert await bucket.get_string("a") == "old"
    await holds_only(url, bucket, "a")


async def test_an_exception_of_progress(bucket: jetblob.Bucket, url: str, tmp_path: Path) -> None:
    """What the callback raises comes out as it is, and the put is given up."""

    def raising(_: int) -> None:
        raise OursError("enough")

    path = tmp_path / "body"
    path.write_bytes(WHOLE * 4)
    for body in (path, [WHOLE] * 4):
        with pytest.raises(OursError, match="enough"):
            await bucket.put("a", body, progress=raising)
    await holds_only(url, bucket)


async def test_progress_is_told_on_the_thread_of_the_caller(bucket: jetblob.Bucket) -> None:
    """So the callback may touch what belongs to the event loop."""
    loops = set()
    await bucket.put("a", WHOLE, progress=lambda _: loops.add(asyncio.get_running_loop()))
    assert loops == {asyncio.get_running_loop()}


async def test_conditions_and_files_that_are_not_there(bucket: jetblob.Bucket, tmp_path: Path) -> None:
    """Errors are those that fit, and built-in ones, too."""
    await bucket.put_string("a", "1")
    with pytest.raises(jetblob.ConflictError) as conflict:
        await bucket.put("a", b"2", if_absent=True)
    assert (conflict.value.code, conflict.value.bucket, conflict.value.name) == ("conflict", bucket.name, "a")
    with pytest.raises(jetblob.InvalidArgumentError, match="if_absent"):
        await bucket.put("a", [b"2"], if_absent=True, if_revision=1)
    with pytest.raises(FileNotFoundError) as missing:
        await bucket.put_file(tmp_path / "none")
    assert isinstance(missing.value, jetblob.IoError)
    with pytest.raises(IsADirectoryError):
        await bucket.put("a", tmp_path)
    assert await bucket.get_string("a") == "1"


async def test_a_file_has_the_name_of_its_path(bucket: jetblob.Bucket, tmp_path: Path) -> None:
    """If it is given no other."""
    path = tmp_path / "here.txt"
    path.write_text("here")
    assert (await bucket.put_file(path)).name == str(path)
    assert (await bucket.put_file(str(path), "there.txt")).name == "there.txt"
    assert (await bucket.put(jetblob.ObjectMeta("with meta", headers={"a": "b"}), path)).headers == {
        "a": ["b"]
    }
    assert await bucket.get_string("there.txt") == "here"


async def test_what_a_buffer_holds_is_what_is_stored(bucket: jetblob.Bucket) -> None:
    """A buffer that changes during the put gives an object whose digest fits its bytes."""
    body = bytearray(8 * MIB)
    put = asyncio.create_task(bucket.put("a", body))
    for byte in range(256):
        body[byte * 1000 : byte * 1000 + 1000] = bytes([byte]) * 1000
        await asyncio.sleep(0)
    info = await put
    assert len(await bucket.get_bytes("a")) == info.size == len(body)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("name", lambda bucket: bucket.info(5)),
        ("meta", lambda bucket: bucket.put(5, b"")),
        ("meta", lambda bucket: bucket.put_string(None, "")),
        ("if_absent", lambda bucket: bucket.put("a", b"", if_absent="yes")),
        ("if_revision", lambda bucket: bucket.put("a", b"", if_revision="1")),
        ("expires", lambda bucket: bucket.put("a", b"", expires="soon")),
        ("description", lambda bucket: bucket.put(jetblob.ObjectMeta("a", description=cast("Any", 5)), b"")),
        ("headers", lambda bucket: bucket.put(jetblob.ObjectMeta("a", headers={"a": cast("Any", 5)}), b"")),
        ("metadata", lambda bucket: bucket.put(jetblob.ObjectMeta("a", metadata={"a": cast("Any", 5)}), b"")),
        ("chunk_size", lambda bucket: bucket.put(jetblob.ObjectMeta("a", chunk_size=cast("Any", "1")), b"")),
        ("range", lambda bucket: bucket.get_bytes("a", range=5)),
        ("path", lambda bucket: bucket.get_file("a", 5)),
        ("prefix", lambda bucket: anext(bucket.list(prefix=5))),
        ("after", lambda bucket: anext(bucket.watch(after="1"))),
        ("target", lambda bucket: bucket.add_link("l", "a")),
    ],
)
async def test_wrong_types(bucket: jetblob.Bucket, argument: str, call: Any) -> None:
    """It is a TypeError that names the argument, in its text or in the note under it."""
    await bucket.put_string("a", "")
    with pytest.raises(TypeError) as error:
        await call(bucket)
    assert argument in "\n".join([str(error.value), *getattr(error.value, "__notes__", [])])
