"""An object that is being read."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

from .errors import InvalidArgumentError

if TYPE_CHECKING:
    import builtins
    import os
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from typing_extensions import Buffer

    from . import _native
    from ._info import ObjectInfo

ALL = (1 << 63) - 1
TURN = 1 << 20
"""So many bytes that are at hand are read before the event loop gets its turn."""


class Object:
    """An object that is being read: its info, and its bytes as an asynchronous iterator of chunks, or by ``read``.

    Size and SHA-256 are verified before the last bytes are handed out: who came to the end has the right bytes; who got
    an error must not use what there is. That is so for whole objects, see :attr:`is_verified`. To be dropped, or
    closed, ends the transfer, at the server too.
    """

    def __init__(self, native: _native.Download) -> None:
        self._native = native
        self._info = native.info
        # What came for a read that was cancelled.
        self._held: list[bytes] = []
        # What was read since the event loop had its turn.
        self._in_turn = 0

    @property
    def info(self) -> ObjectInfo:
        """What the store tells of the object that the bytes belong to: of a link's target, if it was a link."""
        return self._info

    @property
    def range(self) -> builtins.range:
        """The part of the object that this reads, in bytes."""
        return range(*self._native.range)

    @property
    def is_verified(self) -> bool:
        """Whether the bytes are verified against the object's SHA-256 before the last of them is handed out.

        Not so for a part of an object, after a seek that led anywhere but to its beginning, for a rest that is read at
        once after a part was read in pieces, and for an object whose writer gave it no digest, or whose digest is to be
        ignored.
        """
        return self._native.is_verified

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._held:
            return self._held.pop(0)
        chunk = await self._some(ALL)
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes, fewer only at the end; the rest, if ``size`` is negative or ``None``."""
        wanted = ALL if size is None or size < 0 else size
        pieces, self._held = self._held, []
        have = sum(map(len, pieces))
        try:
            while have < wanted and (piece := await self._some(wanted - have)):
                pieces.append(piece)
                have += len(piece)
        except BaseException:
            self._held = pieces
            raise
        read = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if have > wanted:
            read, self._held = read[:wanted], [read[wanted:]]
        return read

    async def readinto(self, buffer: Buffer, /) -> int:
        """Fill a writable buffer; give how many bytes there were, fewer than it holds only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        try:
            while filled < len(view) and (piece := await self._next(len(view) - filled)):
                view[filled : filled + len(piece)] = piece
                filled += len(piece)
        except BaseException:
            self._held.insert(0, bytes(view[:filled]))
            raise
        return filled

    async def _next(self, most: int) -> bytes:
        return await (self.read(most) if self._held else self._some(most))

    async def _some(self, most: int) -> bytes:
        if self._in_turn >= TURN:
            self._in_turn = 0
            await asyncio.sleep(0)
        chunk = self._native.at_hand(most)
        if chunk is None:
            self._in_turn = 0
            return await self._native.read(most).run()
        self._in_turn += len(chunk)
        return chunk

    async def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go on elsewhere, and give the new position; both count from the beginning of the range that was asked for.

        Costs nothing until the next read, which fetches from there on. Beyond the end there is nothing to read.
        """
        await self._native.seek(position := target(offset, whence, self.tell(), len(self.range))).run()
        self._held = []
        return position

    def tell(self) -> int:
        """Give the position of the next byte, from the beginning of the range that was asked for."""
        return self._native.position - sum(map(len, self._held))

    async def into_bytes(self) -> bytes:
        """Read the rest, and close."""
        async with self:
            return await self.read()

    async def into_string(self) -> str:
        """Read the rest as UTF-8 text, and close. Fails with :class:`InvalidArgumentError` if it is none."""
        return text(await self.into_bytes(), self._info.name)

    async def into_file(
        self, path: str | os.PathLike[str], *, progress: Callable[[int], object] | None = None
    ) -> ObjectInfo:
        """Read the rest into a file, and close. The file appears, or is replaced, when it is whole.

        ``progress`` is told how many bytes came so far.
        """
        if self._held:
            await self.seek(self.tell())
        return await self._native.read_into_file(path, progress).run()

    def close(self) -> None:
        """End the transfer, at the server too. Who waits for bytes gets a :class:`ClosedError`."""
        self._native.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()


def target(offset: int, whence: int, position: int, size: int) -> int:
    """Give the position that a seek leads to."""
    match whence:
        case io.SEEK_SET:
            sought = offset
        case io.SEEK_CUR:
            sought = position + offset
        case io.SEEK_END:
            sought = size + offset
        case _:
            raise ValueError(f"whence must be 0, 1 or 2, not {whence!r}")
    if sought < 0:
        raise ValueError(f"a seek to before the beginning: {sought}")
    return sought


def text(data: bytes, name: str) -> str:
    """Give the text that the bytes are."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"invalid text: object {name!r} is not UTF-8: {error}") from error
