"""Pushing an object in, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._body import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from typing_extensions import Buffer

    from . import _native
    from ._info import ObjectInfo


class Upload:
    """An object that is being pushed in, see ``Bucket.upload``. Nothing of it is visible before it is finished.

    Leaving ``async with`` finishes it, and aborts it if there was an exception. One that is dropped is aborted.
    """

    info: ObjectInfo | None = None
    """What the store has of the object, once it is finished."""

    def __init__(self, native: _native.Upload, progress: Callable[[int], object] | None) -> None:
        self._native = native
        self._progress = progress
        self._written = 0
        self._ended = False

    async def write(self, data: Buffer) -> int:
        """Hand bytes over; wait while too much is under way. Give how many bytes it was.

        ``bytes`` are taken without a copy, any other buffer is copied. Fails with the error of the put, once that has
        failed, and with :class:`~jetblob.errors.ClosedError` after the end.
        """
        piece = as_bytes(data, "data")
        await self._native.write(piece).run()
        self._written += len(piece)
        if self._progress is not None:
            self._progress(self._written)
        return len(piece)

    async def finish(self) -> ObjectInfo:
        """Commit the object, and tell what the store has of it. When it is cancelled, the upload is given up."""
        self._ended = True
        self.info = await self._native.finish().run()
        return self.info

    async def abort(self) -> None:
        """Give the upload up, and wait until what was sent of it is removed. The old object is as it was."""
        self._ended = True
        await self._native.abort().run()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        if isinstance(error, Exception):
            await self.abort()
        elif error is not None:
            self._native.drop()
        elif not self._ended:
            await self.finish()
