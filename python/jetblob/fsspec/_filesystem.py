"""The file system."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from fsspec.asyn import _run_coros_in_chunks, sync, sync_wrapper
from fsspec.compression import compr
from fsspec.core import get_compression

from jetblob.errors import AlreadyExistsError, NotFoundError

from ._entry import each
from ._path import below, split, split_file
from ._settings import described_again
from ._stream import ReadingStream, WritingStream
from ._wrapped import CompressingFile, TextFile
from ._writes import Writes
from ._writing import WritingFile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from typing_extensions import Unpack

    from jetblob import Bucket, ObjectInfo

    from ._reading import ReadingFile
    from ._settings import ObjectSettings

    Step = Callable[..., Awaitable[object]]


BUFFERING = ("block_size", "cache_options", "cache_type")
"""Options of fsspec that say nothing to what is written."""


class JetblobFileSystem(Writes):
    """The buckets of a store as a file system.

    ``store`` is a URL of servers or the path of a directory, as of ``Store.open``; ``context`` is one of the ``nats``
    command instead; with neither it is the store that the ``jetblob`` command would take. The keyword arguments are
    those of :class:`jetblob.StoreOptions`, and fsspec's own. The store is opened when it is first used.

    What writes takes the fields of :class:`jetblob.ObjectMeta` and ``expires`` by keyword; ``mkdir`` of a bucket those
    of :class:`jetblob.BucketConfig`. An entry tells ``mtime``, ``etag``, ``digest``, ``revision``, ``expires``,
    ``description``, ``headers`` and ``metadata``. Links are what they lead to; one that leads nowhere has the type
    ``link``, one to a bucket ``other``.

    Moving inside a bucket renames, and copies bytes only if the new name is taken. ``rm`` empties a bucket and leaves
    it, ``rmdir`` removes it. A transaction shows nothing before its end, and then commits its files one by one. Nothing
    is cached. To learn that a directory isn't there takes a look at all names of the bucket. Names that end in a slash
    can't be said, and show as directories. A call that blocks goes on behind the scenes after Ctrl-C, as with any
    asynchronous file system of fsspec.

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
        for buffering in BUFFERING:
            options.pop(buffering, None)
        upload = sync(self.loop, self._begun, path, mode, **options)
        return WritingFile(self, path, upload, mode=mode, autocommit=autocommit)

    def open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **options: Any,
    ) -> Any:
        """Open an object as a file: to read, or to write it as bytes or text, compressed or not."""
        compression = get_compression(path, compression)
        if compression is None or "r" in mode or "b" not in mode:
            if "r" in mode or "b" in mode:
                return super().open(path, mode, block_size, cache_options, compression, **options)
            text = {key: options.pop(key) for key in ("encoding", "errors", "newline") if key in options}
            binary = mode.replace("t", "") + "b"
            return TextFile(self.open(path, binary, compression=compression, **options), **text)
        file = super().open(path, mode, **options)
        return CompressingFile(compr[compression](file, mode=mode[0]), file)

    @overload
    async def open_async(self, path: str, mode: Literal["rb"] = "rb") -> ReadingStream: ...

    @overload
    async def open_async(
        self, path: str, mode: Literal["wb", "xb", "ab"], **settings: Unpack[ObjectSettings]
    ) -> WritingStream: ...

    @overload
    async def open_async(self, path: str, mode: str, **settings: Any) -> ReadingStream | WritingStream: ...

    async def open_async(self, path: str, mode: str = "rb", **settings: Any) -> ReadingStream | WritingStream:
        """Open an object, to be read or written by ``await``. It takes no part in a transaction."""
        path = self._strip_protocol(path)
        if "b" not in mode or settings.pop("compression", None) is not None:
            raise ValueError("open_async knows bytes alone: no text, no compression")
        for buffering in BUFFERING:
            settings.pop(buffering, None)
        if mode == "rb":
            bucket, name = split_file(path)
            return ReadingStream(path, await self._on(bucket, lambda bucket: bucket.get(name)))
        return WritingStream(path, await self._begun(path, mode, **settings), mode)

    async def _copy(
        self,
        path1: Any,
        path2: Any,
        recursive: bool = False,
        on_error: str | None = None,
        **options: Any,
    ) -> None:
        if recursive and isinstance(path1, str) and isinstance(path2, str):
            source, target = self._strip_protocol(path1), self._strip_protocol(path2)
            if f"{target}/".startswith(f"{source}/"):
                raise OSError(errno.EINVAL, "a directory can't go into itself", path1, None, path2)
        await super()._copy(path1, path2, recursive=recursive, on_error=on_error or "raise", **options)

    async def _cp_file(
        self, path1: str, path2: str, *, step: Step | None = None, **settings: Unpack[ObjectSettings]
    ) -> None:
        path1, path2 = self._strip_protocol(path1), self._strip_protocol(path2)
        bucket, name = split(path1)
        if not name or path1 == path2:
            await self._info(path1)
            return
        step = step or partial(self._copied, settings=settings)
        try:
            await self._on(bucket, partial(step, name=name, target=path2))
        except NotFoundError:
            if not await self._isdir(path1):
                raise

    async def _copied(
        self, bucket: Bucket, name: str, target: str, settings: ObjectSettings | None = None
    ) -> ObjectInfo:
        async with bucket.get(name) as source:
            into, new_name = split_file(target)
            meta, expires = described_again(source.info, new_name, settings or {})
            async with (await self._existing(into)).upload(meta, expires=expires) as upload:
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
    ) -> None:
        if not recursive and isinstance(path1, str) and await self._isdir(path1):
            raise IsADirectoryError(errno.EISDIR, "a directory is moved with recursive=True", path1)
        # A directory is gone once all that was in it has moved.
        step = self._moved_if_there if recursive else self._moved
        await self._copy(path1, path2, recursive=recursive, maxdepth=maxdepth, step=step)

    mv = sync_wrapper(_mv)

    async def _rm_file(self, path: str, **_: Any) -> None:
        path = self._strip_protocol(path)
        told = await self._info(path)
        if told["type"] == "directory":
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        await self._removed(path)

    async def _rm(
        self,
        path: str | list[str],
        recursive: bool = False,
        batch_size: int | None = None,
        maxdepth: int | None = None,
        **_: Any,
    ) -> None:
        if not recursive:
            removals = [self._rm_file(path) for path in await self._expand_path(path)]
        elif maxdepth is None:
            roots = await self._expand_path(path)
            removals = [self._removed(path) for root in roots for path in await self._all_of(root)]
        else:
            paths = await self._expand_path(path, recursive=True, maxdepth=maxdepth)
            removals = [self._removed(path) for path in paths if split(path)[1]]
        await _run_coros_in_chunks(removals, batch_size=batch_size or self.batch_size, nofiles=True)

    async def _all_of(self, path: str) -> list[str]:
        """Give the paths of all objects at and below one, also of those that no other path of a file system can say."""
        if not path:
            raise PermissionError(errno.EPERM, "the root is the store itself: remove its buckets", path)
        told = await self._info(path)
        bucket, _ = split(path)
        listed = (await self._bucket(bucket)).list(prefix=below(path))
        paths = [f"{bucket}/{inside}" async for inside, _ in each(listed)]
        return paths if told["type"] == "directory" else [path, *paths]

    async def _removed(self, path: str) -> None:
        bucket, name = split(path)
        with suppress(NotFoundError):
            await self._on(bucket, lambda bucket: bucket.delete(name))
