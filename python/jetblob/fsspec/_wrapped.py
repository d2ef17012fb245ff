"""Files that are written as text, or compressed."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Buffer

    from ._writing import WritingFile


class CompressingFile(io.BufferedIOBase):
    """A file that compresses what is written to it. Leaving ``with`` by an exception aborts the object."""

    def __init__(self, compressor: Any, file: WritingFile) -> None:
        super().__init__()
        self._compressor = compressor
        self._file = file

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Compress bytes, and hand them over."""
        written = self._compressor.write(data)
        return memoryview(data).nbytes if written is None else int(written)

    def close(self) -> None:
        """Commit the object, or leave that to the transaction."""
        if not self.closed:
            try:
                self._compressor.close()
                self._file.close()
            finally:
                super().close()

    def abort(self) -> None:
        """Give the object up; the old one is as it was."""
        self._file.discard()
        # It has a last word to write, to a file that takes none.
        with suppress(ValueError):
            self._compressor.close()
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
        if not self.closed:
            self.abort()


class TextFile(io.TextIOWrapper):
    """A file that is written as text. Leaving ``with`` by an exception aborts the object, and so does dropping it."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if exc_val is None:
            self.close()
        else:
            self._abort()

    def _abort(self) -> None:
        file: Any = self.buffer
        file.abort()
        # What it still held can't be written any more.
        with suppress(ValueError):
            self.close()

    def __del__(self) -> None:
        if not self.closed:
            self._abort()
