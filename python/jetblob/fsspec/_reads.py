"""Reading from a file system."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsspec.asyn import sync
from fsspec.callbacks import DEFAULT_CALLBACK

import jetblob.sync
from jetblob.errors import InvalidArgumentError, NotFoundError

from ._lookup import Lookup
from ._path import split, split_file
from ._reading import ReadingFile

if TYPE_CHECKING:
    from fsspec.callbacks import Callback

    from jetblob import Bucket


class Reads(Lookup):
    """Reading objects, whole and in part."""

    async def _cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        path = self._strip_protocol(path)
        bucket, name = split_file(path)
        is_suffix = end is None and (start or 0) < 0
        if not is_suffix and ((start or 0) < 0 or (end or 0) < 0):
            start, end, _step = slice(start, end).indices((await self._info(path))["size"])
        if end is not None and end <= (start or 0):
            await self._info(path)
            return b""
        part = slice(start or None, end) if start or end is not None else None
        try:
            return await self._on(bucket, lambda bucket: bucket.get_bytes(name, range=part))
        except InvalidArgumentError:
            if start is None or start < (await self._info(path))["size"]:
                raise
            return b""

    async def _get_file(
        self, rpath: str, lpath: str, callback: Callback = DEFAULT_CALLBACK, **_: Any
    ) -> None:
        path = self._strip_protocol(rpath)
        bucket, name = split(path)

        async def read(bucket: Bucket) -> None:
            opened = await bucket.get(name)
            callback.set_size(opened.info.size)
            await opened.into_file(lpath, progress=callback.absolute_update)

        try:
            if name:
                return await self._on(bucket, read)
            await self._info(path)
        except NotFoundError:
            if not await self._isdir(path):
                raise
        Path(lpath).mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
        return None

    def _open_to_read(self, path: str, size: int | None = None, **options: Any) -> ReadingFile:
        if size is None:
            told = self.info(path)
            if told["type"] == "directory":
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if told["type"] != "file":
                self._why_unreadable(path)
            size, options["etag"] = told["size"], told["etag"]
        bucket = sync(self.loop, self._bucket, split_file(path)[0])
        return ReadingFile(self, path, jetblob.sync.Bucket(bucket._native), size=size, **options)

    def _why_unreadable(self, path: str) -> None:
        bucket, name = split_file(path)
        with jetblob.sync.Bucket(sync(self.loop, self._bucket, bucket)._native).get(name):
            pass
