"""The file system."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from fsspec.asyn import _run_coros_in_chunks, sync, sync_wrapper

from jetblob.errors import AlreadyExistsError, NotFoundError

from ._path import missing, nothing_there, split, split_file
from ._stream import ReadingStream, WritingStream
from ._writes import Writes
from ._writing import WritingFile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from typing_extensions import Unpack

    from jetblob import Bucket, ObjectInfo

    from ._reading import ReadingFile
    from ._settings import ObjectSettings

    Step = Callable[..., Awaitable[object]]


class JetblobFileSystem(Writes):
    """The buckets of a store as a file system.

    ``store`` is a URL of servers or the path of a directory, as of ``Store.open``; ``context`` is one of the ``nats``
    command instead; with neither it is the store that the ``jetblob`` command would take. The keyword arguments are
    those of :class:`jetblob.StoreOptions`, and fsspec's own. The store is opened when it is first used.

    What writes takes the fields of :class:`jetblob.ObjectMeta` and ``expires`` by keyword; ``mkdir`` of a bucket those
    of :class:`jetblob.BucketConfig`. An entry tells ``mtime``, ``etag``, ``digest``, ``revision``, ``expires``,
    ``description``, ``headers`` and ``metadata``. Links are what they lead to; one that leads nowhere has the type
    ``link``, one to a bucket ``other``.

    Moving inside a bucket renames, and copies no bytes. Nothing is cached. To learn that a directory isn't there takes
    a look at all names of the bucket. Names that end in a slash can't be said, and show as directories.

    >>> from jetblob.fsspec import JetblobFileSystem
    >>> fs = JetblobFileSystem(directory)
    >>> fs.mkdir("logs", max_bytes=1 << 30)
    >>> fs.pipe_file("logs/may.txt", b"first", mode="create", headers={"Content-Type": "text/plain"})
    >>> fs.mv("logs/may.txt", "logs/2026/may.txt")
    >>> fs.cat("logs/2026/may.txt", start=-2)
    b'st'
    """

    def _open(
        self, path: str, mode: str = "rb", *, autocommit: bool = True, **options: Any
    ) -> ReadingFile | WritingFile:
        if mode == "rb":
            return self._open_to_read(path, **options)
        for buffering in ("block_size", "cache_options", "cache_type"):
            options.pop(buffering, None)
        upload = sync(self.loop, self._begun, path, mode, **options)
        return WritingFile(self, path, upload, mode=mode, autocommit=autocommit)

    @overload
    async def open_async(self, path: str, mode: Literal["rb"] = "rb") -> ReadingStream: ...

    @overload
    async def open_async(
        self, path: str, mode: Literal["wb", "xb", "ab"], **settings: Unpack[ObjectSettings]
    ) -> WritingStream: ...

    async def open_async(
        self, path: str, mode: str = "rb", **settings: Unpack[ObjectSettings]
    ) -> ReadingStream | WritingStream:
        """Open an object, to be read or written by ``await``."""
        path = self._strip_protocol(path)
        if mode == "rb":
            bucket, name = split_file(path)
            return ReadingStream(path, await self._on(bucket, lambda bucket: bucket.get(name)))
        return WritingStream(path, await self._begun(path, mode, **settings), mode)

    async def _copy(
        self, path1: Any, path2: Any, *args: Any, on_error: str | None = None, **options: Any
    ) -> None:
        await super()._copy(path1, path2, *args, on_error=on_error or "raise", **options)

    async def _cp_file(self, path1: str, path2: str, *, step: Step | None = None, **_: Any) -> None:
        path1, path2 = self._strip_protocol(path1), self._strip_protocol(path2)
        bucket, name = split(path1)
        if not name or path1 == path2:
            return
        try:
            await self._on(bucket, partial(step or self._copied, name=name, target=path2))
        except NotFoundError:
            if not await self._isdir(path1):
                raise

    async def _copied(self, bucket: Bucket, name: str, target: str) -> ObjectInfo:
        async with bucket.get(name) as source:
            into = await self._existing(split_file(target)[0])
            async with into.upload(replace(source.info.meta, name=split_file(target)[1])) as upload:
                async for chunk in source:
                    await upload.write(chunk)
            return source.info

    async def _moved(self, bucket: Bucket, name: str, target: str) -> None:
        into, new_name = split(target)
        if into == bucket.name and new_name:
            with suppress(AlreadyExistsError):
                await bucket.rename(name, new_name)
                return
        copied = await self._copied(bucket, name, target)
        is_itself = (copied.bucket, copied.name) == (bucket.name, name)
        await bucket.delete(name, if_revision=copied.revision if is_itself else None)

    async def _moved_if_there(self, bucket: Bucket, name: str, target: str) -> None:
        with suppress(NotFoundError):
            await self._moved(bucket, name, target)

    async def _mv_file(self, path1: str, path2: str) -> None:
        await self._cp_file(path1, path2, step=self._moved)

    async def _mv(
        self,
        path1: str | list[str],
        path2: str | list[str],
        recursive: bool = False,
        maxdepth: int | None = None,
        **_: Any,
    ) -> None:
        # A directory is gone once all that was in it has moved.
        step = self._moved_if_there if recursive else self._moved
        await self._copy(path1, path2, recursive=recursive, maxdepth=maxdepth, step=step)

    mv = sync_wrapper(_mv)

    async def _rm_file(self, path: str, **_: Any) -> None:
        path = self._strip_protocol(path)
        bucket, name = split(path)
        if name:
            try:
                with nothing_there(path):
                    await self._on(bucket, lambda bucket: bucket.delete(name))
            except NotFoundError:
                if not await self._isdir(path):
                    raise
            else:
                return
        elif not await self._isdir(path):
            raise missing(path)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)

    async def _rm(
        self,
        path: str | list[str],
        recursive: bool = False,
        batch_size: int | None = None,
        maxdepth: int | None = None,
        **_: Any,
    ) -> None:
        paths = await self._expand_path(path, recursive=recursive, maxdepth=maxdepth)
        if "" in paths:
            raise PermissionError(errno.EPERM, "the root is the store itself, and stays", "")
        whole = {path for path in paths if "/" not in path} if recursive and maxdepth is None else set()
        remove = self._rm_what_is_there if recursive else self._rm_file
        removals = [remove(path) for path in paths if split(path)[0] not in whole]
        removals += [self._delete_bucket(bucket) for bucket in whole]
        await _run_coros_in_chunks(removals, batch_size=batch_size or self.batch_size, nofiles=True)

    async def _rm_what_is_there(self, path: str) -> None:
        bucket, name = split(path)
        if name:
            with suppress(NotFoundError):
                await self._on(bucket, lambda bucket: bucket.delete(name))
