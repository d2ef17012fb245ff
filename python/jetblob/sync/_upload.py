"""Pushing an object in, piece by piece."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from jetblob._body import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Buffer

    from jetblob import ObjectInfo, _native


class Upload(io.BufferedIOBase):
    """An object that is being pushed in: a file that is open for writing. See :class:`jetblob.Upload`.

    Closing it commits the object; leaving ``with`` by an exception aborts it, and so does dropping it. A wrapper, as
    ``io.TextIOWrapper``, closes what it wraps whatever happened: enter the upload itself around it.
    """

    info: ObjectInfo | None = None
    """What the store has of the object, once it is finished."""

    name: str
    """The name of the object."""

    def __init__(self, native: _native.Upload, name: str, progress: Callable[[int], object] | None) -> None:
        super().__init__()
        self.name = name
        self._native = native
        self._progress = progress
        self._written = 0
        self._ended = False

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Hand bytes over; wait while too much is under way. See :meth:`jetblob.Upload.write`."""
        piece = as_bytes(data, "data")
        self._native.write(piece).wait()
        self._written += len(piece)
        if self._progress is not None:
            self._progress(self._written)
        return len(piece)

    def tell(self) -> int:
        """Give how many bytes were written."""
        return self._written

    def finish(self) -> ObjectInfo:
        """Commit the object, and tell what the store has of it."""
        self._ended = True
        self.info = self._native.finish().wait()
        super().close()
        return self.info

    def abort(self) -> None:
        """Give the upload up, and wait until what was sent of it is removed. The old object is as it was."""
        self._ended = True
        super().close()
        self._native.abort().wait()

    def close(self) -> None:
        """Commit the object, if this isn't closed yet."""
        if not self._ended:
            try:
                self.finish()
            finally:
                super().close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if exc_val is None:
            self.close()
        else:
            self.abort()

    def __del__(self) -> None:
        # A file that is dropped is closed. This one would then hold half of what it was to hold.
        if not getattr(self, "_ended", True):
            self._ended = True
            self._native.drop()
            text = f"the upload of {self.name!r} was neither closed nor aborted: nothing of it is stored"
            warnings.warn(text, ResourceWarning, stacklevel=2)
