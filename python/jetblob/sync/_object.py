"""An object that is being read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from jetblob._object import target, text

if TYPE_CHECKING:
    import builtins
    import os
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

    from jetblob import ObjectInfo, _native

CHUNK = 128 << 10


class Object(io.BufferedReader):
    """An object that is being read: its info, and its bytes as a file that is open for reading, and can be sought in.

    As a file it gives lines when it is iterated; its chunks are in :meth:`chunks`. What is verified, and when, is as in
    :class:`jetblob.Object`. To be dropped, or closed, ends the transfer, at the server too.
    """

    def __init__(self, native: _native.Download) -> None:
        super().__init__(_Raw(native), CHUNK)
        self._native = native
        self._info = native.info

    @property
    def info(self) -> ObjectInfo:
        """What the store tells of the object that the bytes belong to: of a link's target, if it was a link."""
        return self._info

    @property
    def name(self) -> str:
        """The name of the object."""
        return self._info.name

    @property
    def range(self) -> builtins.range:
        """The part of the object that this reads, in bytes."""
        return range(*self._native.range)

    @property
    def is_verified(self) -> bool:
        """Whether the bytes are verified before the last of them is handed out, see :class:`jetblob.Object`."""
        return self._native.is_verified

    def chunks(self) -> Iterator[bytes]:
        """Give what is left in pieces of about a chunk."""
        while chunk := self.read1(self._info.chunk_size or CHUNK):
            yield chunk

    def into_bytes(self) -> bytes:
        """Read the rest, and close."""
        with self:
            return self.read()

    def into_string(self) -> str:
        """Read the rest as UTF-8 text, and close. Fails with :class:`InvalidArgumentError` if it is none."""
        return text(self.into_bytes(), self._info.name)

    def into_file(
        self, path: str | os.PathLike[str], *, progress: Callable[[int], object] | None = None
    ) -> ObjectInfo:
        """Read the rest into a file, and close. See :meth:`jetblob.Object.into_file`."""
        with self:
            self._native.seek(self.tell()).wait()
            return self._native.read_into_file(path, progress).wait()


class _Raw(io.RawIOBase):
    """What is buffered."""

    def __init__(self, native: _native.Download) -> None:
        super().__init__()
        self._native = native

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        return self._native.readinto(buffer)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start, end = self._native.range
        self._native.seek(position := target(offset, whence, self._native.position, end - start)).wait()
        return position

    def tell(self) -> int:
        return self._native.position

    def close(self) -> None:
        self._native.close()
        super().close()
