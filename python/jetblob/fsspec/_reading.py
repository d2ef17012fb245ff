"""A file that is open for reading."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from fsspec.spec import AbstractBufferedFile

from jetblob.errors import JetblobError, ObjectChangedError

from ._path import split_file

if TYPE_CHECKING:
    from jetblob.sync import Bucket, Object

    from ._reads import Reads


class ReadingFile(AbstractBufferedFile):  # type: ignore[misc]
    """An object as a file that is open for reading.

    Who reads on where the last read ended gets one transfer; read from the beginning to the end, the object is verified
    before its last bytes are handed out. Elsewhere just the bytes that are asked for are fetched. If the object is
    replaced meanwhile, that is a :class:`jetblob.ObjectChangedError`, never a mixture.
    """

    def __init__(self, fs: Reads, path: str, bucket: Bucket, etag: str | None = None, **options: Any) -> None:
        self._bucket = bucket
        self._name = split_file(path)[1]
        self._etag = etag
        self._fetching = Lock()
        self._transfer: Object | None = None
        self._reached = 0
        self._failed: JetblobError | None = None
        super().__init__(fs, path, mode="rb", **options)

    def _fetch_range(self, start: int, end: int) -> bytes:
        with self._fetching:
            if self._failed is not None:
                raise self._failed
            try:
                return self._fetched(start, end)
            except JetblobError as error:
                if not error.retryable:
                    self._failed = error
                raise

    def _fetched(self, start: int, end: int) -> bytes:
        goes_on = start == self._reached
        self._reached = end
        if goes_on:
            if self._transfer is None:
                self._transfer = self._opened(slice(start, None) if start else None)
            return self._transfer.read(end - start)
        self._stop()
        with self._opened(slice(start, end)) as part:
            return part.read()

    def _opened(self, part: slice | None) -> Object:
        opened = self._bucket.get(self._name, range=part)
        etag = opened.info.nuid
        if self._etag not in {None, etag}:
            opened.close()
            bucket = self._bucket.name
            text = f"object changed: {self._name!r} of bucket {bucket!r} was replaced while it was open"
            raise ObjectChangedError(text, retryable=True, bucket=bucket, name=self._name)
        self._etag = etag
        return opened

    def _stop(self) -> None:
        if self._transfer is not None:
            self._transfer.close()
            self._transfer = None

    def close(self) -> None:
        """End the transfer."""
        if not self.closed:
            self._stop()
        super().close()

    def __reduce__(self) -> Any:
        # A copy must not go on in another object.
        self.kwargs["etag"] = self._etag
        return super().__reduce__()
