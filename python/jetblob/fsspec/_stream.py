"""What ``open_async`` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._writing import exclusive

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from typing_extensions import Buffer

    from jetblob import Object, Upload


class ReadingStream:
    """An object that is read from the beginning on, and verified before its last bytes are handed out."""

    def __init__(self, path: str, opened: Object) -> None:
        self.path = path
        self.mode = "rb"
        self.size = len(opened.range)
        self.closed = False
        self._object = opened

    async def read(self, length: int = -1) -> bytes:
        """Read so many bytes, fewer only at the end; the rest, if it is negative."""
        return await self._object.read(length)

    async def seek(self, offset: int, whence: int = 0) -> int:
        """Go on elsewhere, and give the new position."""
        return await self._object.seek(offset, whence)

    def tell(self) -> int:
        """Give the position."""
        return self._object.tell()

    async def close(self) -> None:
        """End the transfer."""
        self.closed = True
        self._object.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class WritingStream:
    """An object that is written, and committed when this is closed; aborted, if that is by an exception."""

    def __init__(self, path: str, upload: Upload, mode: str) -> None:
        self.path = path
        self.mode = mode
        self.closed = False
        self._upload = upload

    async def write(self, data: Buffer) -> int:
        """Hand bytes over; wait while too much is under way."""
        return await self._upload.write(data)

    async def flush(self, force: bool = False) -> None:
        """Do nothing: what was handed over is under way."""

    def tell(self) -> int:
        """Give how many bytes were written."""
        return self._upload._written

    async def close(self) -> None:
        """Commit the object, if this isn't closed yet."""
        await self.__aexit__(None, None, None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        if not self.closed:
            self.closed = True
            with exclusive(self.path, self.mode == "xb"):
                await self._upload.__aexit__(kind, error, traceback)
