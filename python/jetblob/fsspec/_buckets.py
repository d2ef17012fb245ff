"""The buckets of a file system: its top-level directories."""

from __future__ import annotations

import errno
import os
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from fsspec.asyn import AsyncFileSystem, sync_wrapper

from jetblob import BucketConfig, Store, StoreOptions
from jetblob._store import without_user
from jetblob.errors import BucketDeletedError, BucketNotFoundError

from ._entry import each
from ._path import below, split

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from typing_extensions import Unpack

    from jetblob import Bucket
    from jetblob._bucket_config import BucketSettings

T = TypeVar("T")

TRANSFERS = 32
"""How many objects are transferred at a time. Each may take some MiB of memory."""

SECRETS = {"credentials", "user_and_password", "token", "nkey_seed"}


class Buckets(AsyncFileSystem):  # type: ignore[misc]
    """A store, and the buckets in it."""

    protocol = "jetblob"

    def __init__(
        self,
        store: str | os.PathLike[str] | None = None,
        *,
        context: str | None = None,
        asynchronous: bool = False,
        loop: Any = None,
        batch_size: int | None = TRANSFERS,
        **options: Any,
    ) -> None:
        if store is not None and context is not None:
            raise TypeError("store and context: only one of them can say where the buckets are")
        reaching = {name: options.pop(name) for name in StoreOptions.__annotations__ if name in options}
        of_fsspec = {"use_listings_cache", "listings_expiry_time", "max_paths"}
        if unknown := options.keys() - of_fsspec:
            raise TypeError(f"a file system of jetblob has no option {min(unknown)!r}; see StoreOptions")
        super().__init__(asynchronous=asynchronous, loop=loop, batch_size=batch_size, **options)
        for pair in ("user_and_password", "client_certificate"):
            if isinstance(reaching.get(pair), list):  # as JSON has it
                reaching[pair] = tuple(reaching[pair])
        self._store = Store(None, (located(store), context, reaching))
        self._buckets: dict[str, Bucket] = {}

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if not isinstance(path, str | os.PathLike | list):
            raise TypeError(f"a path must be a str, not {type(path).__name__}")
        stripped = super()._strip_protocol(path)
        return stripped if isinstance(stripped, list) else stripped.lstrip("/")

    def to_dict(self, *, include_password: bool = True) -> dict[str, Any]:
        """Give what makes this again; without ``include_password`` no secret is in it."""
        told: dict[str, Any] = super().to_dict(include_password=include_password)
        if include_password:
            return told
        told["args"] = [without_user(url) for url in told["args"]]
        if "store" in told:
            told["store"] = without_user(told["store"])
        return {key: told[key] for key in told if key not in SECRETS}

    async def _bucket(self, name: str) -> Bucket:
        if name not in self._buckets:
            self._buckets[name] = await self._store.bucket(name)
        return self._buckets[name]

    async def _existing(self, name: str) -> Bucket:
        self._buckets.pop(name, None)
        return await self._bucket(name)

    async def _on(self, name: str, operation: Callable[[Bucket], Awaitable[T]]) -> T:
        try:
            return await operation(await self._bucket(name))
        except BucketDeletedError:
            return await operation(await self._existing(name))

    async def _mkdir(
        self, path: str, create_parents: bool = True, **settings: Unpack[BucketSettings]
    ) -> None:
        bucket, name = split(self._strip_protocol(path))
        config = BucketConfig(bucket, **settings)
        try:
            if bucket:
                await self._existing(bucket)
        except BucketNotFoundError:
            if name and not create_parents:
                raise
            self._buckets[bucket] = await self._store.create_bucket(config)
        else:
            if not name:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)

    async def _makedirs(self, path: str, exist_ok: bool = False) -> None:
        try:
            await self._mkdir(path)
        except FileExistsError:
            if not exist_ok:
                raise

    async def _rmdir(self, path: str) -> None:
        path = self._strip_protocol(path)
        bucket, name = split(path)
        if await self._on(bucket, partial(self._has_below, directory=below(path))):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)
        if not name:
            await self._delete_bucket(bucket)

    rmdir = sync_wrapper(_rmdir)

    async def _delete_bucket(self, name: str) -> None:
        self._buckets.pop(name, None)
        await self._store.delete_bucket(name)

    async def _has_below(self, bucket: Bucket, directory: str) -> bool:
        async with aclosing(each(bucket.list(prefix=directory))) as items:
            return await anext(items, None) is not None


def located(store: str | os.PathLike[str] | None) -> str | None:
    """Give where a store is, wherever the process goes until it is opened."""
    if store is None:
        return None
    url = os.fspath(store)
    return url if "://" in url or url.startswith("file:") else os.path.abspath(url)  # noqa: PTH100
