"""A file that is open for writing."""

from __future__ import annotations

import errno
import io
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jetblob.errors import ConflictError
from jetblob.sync import Upload

from ._path import split_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    import jetblob
    from jetblob import ObjectInfo

    from ._writes import Writes


class WritingFile(Upload):
    """An object as a file that is open for writing.

    Closing it commits the object, unless it is part of a transaction, which commits it at its end. Leaving ``with`` by
    an exception aborts it, as text and compressed too. But ``fsspec.open``, and libraries that close a file whatever
    happened, commit what there is: use the ``open`` of the file system, or a transaction, where an exception must leave
    nothing behind.
    """

    def __init__(self, fs: Writes, path: str, upload: jetblob.Upload, *, mode: str, autocommit: bool) -> None:
        super().__init__(upload._native, split_file(path)[1], None)
        self._written = upload._written
        self.fs = fs
        self.path = path
        self.mode = mode
        self.autocommit = autocommit

    def write(self, data: Buffer, /) -> int:
        """Hand bytes over; wait while too much is under way."""
        if self.closed:
            raise ValueError("write to a closed file")
        return super().write(data)

    def finish(self) -> ObjectInfo:
        """Commit the object, and tell what the store has of it."""
        with exclusive(self.path, self.mode == "xb"):
            return super().finish()

    def close(self) -> None:
        """Commit the object, or leave that to the transaction."""
        if self.autocommit:
            super().close()
        elif not self.closed:
            io.BufferedIOBase.close(self)

    def commit(self) -> None:
        """Commit the object, if it was not aborted."""
        if not self._ended:
            self.finish()

    def discard(self) -> None:
        """Give the object up; the old one is as it was."""
        if not self._ended:
            self.abort()


@contextmanager
def exclusive(path: str, is_exclusive: bool = True) -> Iterator[None]:
    """Say of a write that is only for a free name that the name is taken."""
    try:
        yield
    except ConflictError as conflict:
        if not is_exclusive:
            raise
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from conflict
