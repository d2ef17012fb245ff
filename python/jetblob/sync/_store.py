"""A place that holds buckets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jetblob import _native
from jetblob._bucket_config import BucketConfig, BucketSettings, configured
from jetblob._store import Where, described

from ._bucket import Bucket
from ._items import Items

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from typing_extensions import Unpack

    from jetblob import BucketStatus, StoreOptions


class Store:
    """A place that holds buckets: a NATS account with JetStream, or a directory. See :class:`jetblob.Store`.

    It may be used by any number of threads at a time. A store can be pickled: its copy opens the same place, with the
    same credentials, when it is unpickled.
    """

    def __init__(self, native: _native.Store, where: Where) -> None:
        self._native = native
        self._where = where

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str],
        **options: Unpack[StoreOptions],
    ) -> Self:
        """Open a store. See :meth:`jetblob.Store.open`."""
        return cls._open((os.fspath(url), None, {**options}))

    @classmethod
    def open_context(cls, context: str, /, **options: Unpack[StoreOptions]) -> Self:
        """Open the server that a context of the ``nats`` command names. See :meth:`jetblob.Store.open_context`."""
        return cls._open((None, context, {**options}))

    @classmethod
    def open_default(cls, **options: Unpack[StoreOptions]) -> Self:
        """Open the store that is meant where none is named. See :meth:`jetblob.Store.open_default`."""
        return cls._open((None, None, {**options}))

    @classmethod
    def _open(cls, where: Where) -> Self:
        return cls(_native.open(*where).wait(), where)

    def create_bucket(self, config: BucketConfig | str, **settings: Unpack[BucketSettings]) -> Bucket:
        """Create a bucket. See :meth:`jetblob.Store.create_bucket`."""
        return Bucket(self._native.create_bucket(configured(config, settings)).wait())

    def update_bucket(self, config: BucketConfig | str, **settings: Unpack[BucketSettings]) -> Bucket:
        """Change the configuration of a bucket. See :meth:`jetblob.Store.update_bucket`."""
        return Bucket(self._native.update_bucket(configured(config, settings)).wait())

    def create_or_update_bucket(
        self, config: BucketConfig | str, **settings: Unpack[BucketSettings]
    ) -> Bucket:
        """Create a bucket, or change its configuration. See :meth:`jetblob.Store.create_or_update_bucket`."""
        return Bucket(self._native.create_or_update_bucket(configured(config, settings)).wait())

    def bucket(self, name: str) -> Bucket:
        """Give a bucket that exists. Fails with :class:`BucketNotFoundError`."""
        return Bucket(self._native.bucket(name).wait())

    def delete_bucket(self, name: str) -> None:
        """Remove a bucket and all that is in it. Fails with :class:`BucketNotFoundError`."""
        self._native.delete_bucket(name).wait()

    def bucket_names(self) -> Items[str]:
        """List the names of all buckets, in no promised order."""
        return Items(self._native.bucket_names())

    def buckets(self) -> Items[BucketStatus]:
        """List the statuses of all buckets, in no promised order."""
        return Items(self._native.buckets())

    def suspend(self) -> None:
        """Let go of all files of a local store, until it is resumed. See :meth:`jetblob.Store.suspend`."""
        self._native.suspend().wait()

    def resume(self) -> None:
        """End a suspension. See :meth:`jetblob.Store.resume`."""
        self._native.resume()

    def close(self) -> None:
        """Finish what is under way in the background, and let go of the connection or the directory."""
        self._native.close().wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({described(self._where)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return self._open, (self._where,)
