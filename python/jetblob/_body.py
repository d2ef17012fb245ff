"""What can be the bytes of an object."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

    from typing_extensions import Buffer

PIECE = 1 << 20
"""How many bytes are taken at a time."""


class Readable(Protocol):
    """A file that is open for reading, in binary mode."""

    def read(self, size: int, /) -> Buffer:
        """Read at most so many bytes; none at the end."""
        ...


class AsyncReadable(Protocol):
    """A file or stream whose ``read`` is awaited."""

    def read(self, size: int, /) -> Awaitable[Buffer]:
        """Read at most so many bytes; none at the end."""
        ...


if TYPE_CHECKING:
    Body: TypeAlias = Buffer | os.PathLike[str] | Readable | Iterable[Buffer]
    AsyncBody: TypeAlias = Body | AsyncReadable | AsyncIterable[Buffer]


def buffer(data: Buffer, what: str) -> bytes | memoryview:
    """Refuse what is no buffer."""
    if isinstance(data, bytes):
        return data
    try:
        return memoryview(data)
    except TypeError:
        hint = "; encode it, or use put_string" if isinstance(data, str) else ""
        raise TypeError(f"{what}: a bytes-like object is required, not {type(data).__name__}{hint}") from None


def as_bytes(data: Buffer, what: str) -> bytes:
    """Give the bytes of a buffer, without a copy of ``bytes``. What can change is copied."""
    data = buffer(data, what)
    return data if isinstance(data, bytes) else data.tobytes()


def pieces(body: Body) -> Iterator[bytes]:
    """Take the body apart, a file by its ``read``, anything else that can be iterated by its items."""
    view = _view(body)
    if view is not None:
        yield from _slices(view)
    elif (read := getattr(body, "read", None)) is not None:
        while piece := _of_file(read(PIECE)):
            yield piece
    elif isinstance(body, Iterable):
        for item in body:
            yield as_bytes(item, "an item of body")
    else:
        raise _no_body(body, "an iterable of bytes")


async def async_pieces(body: AsyncBody) -> AsyncGenerator[bytes]:
    """Take the body apart. A file that blocks is read on another thread; an iterator's ``next`` runs on this one."""
    view = _view(body)
    if view is not None:
        for piece in _slices(view):
            yield piece
    elif (read := getattr(body, "read", None)) is not None:
        is_async = inspect.iscoroutinefunction(read)
        while piece := _of_file(await _read(read, is_async)):
            yield piece
    elif isinstance(body, AsyncIterable):
        async for item in body:
            yield as_bytes(item, "an item of body")
    elif isinstance(body, Iterable):
        for item in body:
            yield as_bytes(item, "an item of body")
    else:
        raise _no_body(body, "an iterable or async iterable of bytes")


def _view(body: Any) -> memoryview | None:
    if isinstance(body, str):
        raise TypeError("body is a str: use put_string for text, or a pathlib.Path for the path of a file")
    try:
        view = memoryview(body)
    except TypeError:
        return None
    if not view.nbytes:
        return memoryview(b"")
    if not view.c_contiguous:
        view = memoryview(view.tobytes())
    return view.cast("B")


async def _read(read: Callable[[int], Any], is_async: bool) -> Any:  # noqa: FBT001
    data = read(PIECE) if is_async else await asyncio.to_thread(read, PIECE)
    return await data if inspect.isawaitable(data) else data


def _slices(view: memoryview) -> Iterator[bytes]:
    for start in range(0, len(view), PIECE):
        yield bytes(view[start : start + PIECE])


def _of_file(data: Any) -> bytes:
    if data is None:
        raise TypeError("body: the file doesn't block, and has no bytes now; give one that blocks")
    if isinstance(data, str):
        raise TypeError("body: the file gives text; open it in binary mode")
    return as_bytes(data, "what body's read() gives")


def _no_body(body: object, iterable: str) -> TypeError:
    kinds = f"a bytes-like object, a path (os.PathLike), a binary file, or {iterable}"
    return TypeError(f"body must be {kinds}, not {type(body).__name__}")
