"""What is there, of a file system."""

from __future__ import annotations

import errno
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from fsspec.asyn import _run_coros_in_chunks

from jetblob.errors import NotFoundError

from ._buckets import Buckets
from ._entry import directory, each, entries, entry
from ._path import Entry, below, child, directories, nothing_there, split, tree

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from datetime import datetime

    from jetblob import Bucket


class Lookup(Buckets):
    """What is there, and what directories that makes."""

    async def _info(self, path: str, **_: Any) -> Entry:
        path = self._strip_protocol(path)
        bucket, name = split(path)
        with nothing_there(path):
            if name:
                return await self._on(bucket, partial(self._told, name=name))
            if bucket:
                await self._existing(bucket)
        return directory(path)

    async def _told(self, bucket: Bucket, name: str) -> Entry:
        try:
            info = await bucket.info(name)
        except NotFoundError:
            if await self._has_below(bucket, name + "/"):
                return directory(f"{bucket.name}/{name}")
            raise
        return await entry(bucket, info)

    async def _type(self, path: str) -> str | None:
        try:
            return str((await self._info(path))["type"])
        except FileNotFoundError:
            return None

    async def _isfile(self, path: str) -> bool:
        return await self._type(path) == "file"

    async def _isdir(self, path: str) -> bool:
        return await self._type(path) == "directory"

    def modified(self, path: str) -> datetime:
        """Tell when an object was written, in UTC."""
        told = self.info(path)
        if "mtime" not in told:
            raise IsADirectoryError(errno.EISDIR, "when a directory was written isn't known", path)
        mtime: datetime = told["mtime"]
        return mtime

    async def _ls(self, path: str, detail: bool = True, **_: Any) -> list[Entry] | list[str]:
        path = self._strip_protocol(path)
        bucket, name = split(path)
        if bucket:
            with nothing_there(path):
                listed = await self._on(bucket, partial(self._children, path=path))
        else:
            listed = [directory(name) async for name in self._store.bucket_names()]
        if name and not listed:
            told = await self._info(path)
            listed = [told] if told["type"] != "directory" else []
        listed.sort(key=lambda told: str(told["name"]))
        return listed if detail else [told["name"] for told in listed]

    async def _children(self, bucket: Bucket, path: str) -> list[Entry]:
        above = below(path)
        inner, items = set(), []
        async with aclosing(each(bucket.list(prefix=above))) as listed:
            async for name, item in listed:
                match child(name, above):
                    case (shown, True):
                        inner.add(shown)
                    case (_, False):
                        items.append(item)
        told = await entries(bucket, items, self.batch_size)
        return told + [directory(f"{bucket.name}/{name}") for name in inner]

    async def _find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        *,
        detail: bool = False,
        prefix: str = "",
        **_: Any,
    ) -> dict[str, Entry] | list[str]:
        found = await self._everything(path, maxdepth, withdirs, prefix)
        return {told["name"]: told for told in found} if detail else [told["name"] for told in found]

    async def _everything(
        self, path: str, maxdepth: int | None, withdirs: bool = False, prefix: str = ""
    ) -> list[Entry]:
        if maxdepth is not None and maxdepth < 1:
            raise ValueError("maxdepth must be at least 1")
        path = self._strip_protocol(path)
        if path:
            found = await self._found(path, maxdepth, withdirs, prefix)
        else:
            found = await self._found_anywhere(maxdepth, withdirs, prefix)
        return sorted(found, key=lambda told: (str(told["name"]), told["type"] != "directory"))

    async def _found_anywhere(self, maxdepth: int | None, withdirs: bool, prefix: str) -> list[Entry]:
        names = [name async for name in self._store.bucket_names() if name.startswith(prefix)]
        if maxdepth == 1:
            return [directory(name) for name in names if withdirs]
        left = None if maxdepth is None else maxdepth - 1
        each_found = [self._found(name, left, withdirs, "") for name in names]
        found = await _run_coros_in_chunks(each_found, batch_size=self.batch_size, nofiles=True)
        return [told for one in found for told in one]

    async def _found(self, path: str, maxdepth: int | None, withdirs: bool, prefix: str) -> list[Entry]:
        bucket, _ = split(path)
        search = partial(self._search, path=path, maxdepth=maxdepth, withdirs=withdirs, prefix=prefix)
        try:
            with nothing_there(path):
                found = await self._on(bucket, search)
            told = directory(path) if found else await self._info(path)
        except FileNotFoundError:
            return []
        if told["type"] != "directory":
            return [told]
        return [told, *found] if withdirs else found

    async def _search(
        self, bucket: Bucket, path: str, maxdepth: int | None, withdirs: bool, prefix: str
    ) -> list[Entry]:
        above = below(path)
        inner: set[str] = set()
        items = []
        async with aclosing(each(bucket.list(prefix=above + prefix))) as listed:
            async for name, item in listed:
                on_the_way = list(directories(name, above))
                if withdirs:
                    inner.update(on_the_way[:maxdepth])
                is_shown = maxdepth is None or len(on_the_way) < maxdepth
                if is_shown and not name.endswith("/"):
                    items.append(item)
        # An object that is a directory too, for others, is told as an object.
        told = [directory(f"{bucket.name}/{name}") for name in inner]
        return told + await entries(bucket, items, self.batch_size)

    async def _walk(
        self,
        path: str,
        maxdepth: int | None = None,
        topdown: bool = True,
        on_error: str | Callable[[OSError], object] = "omit",
        *,
        detail: bool = False,
        **_: Any,
    ) -> AsyncGenerator[tuple[str, Any, Any]]:
        path = self._strip_protocol(path)
        found = await self._everything(path, maxdepth, withdirs=True)
        if not found:
            try:
                await self._info(path)
            except FileNotFoundError as error:
                if on_error == "raise":
                    raise
                if callable(on_error):
                    on_error(error)
        walked = tree(path, [told for told in found if told["name"] != path])
        for top, inner, files in walked if topdown else reversed(walked):
            yield (top, inner, files) if detail else (top, list(inner), list(files))

    async def _du(
        self, path: str, total: bool = True, maxdepth: int | None = None, **options: Any
    ) -> int | dict[str, int]:
        found = await self._everything(path, maxdepth, **options)
        sizes = {told["name"]: told["size"] or 0 for told in found}
        return sum(sizes.values()) if total else sizes
