"""A place that holds buckets."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from . import _native
from ._bucket import Bucket
from ._bucket_config import BucketConfig, BucketSettings, configured
from ._items import Items
from ._opening import Opening

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from typing_extensions import Unpack

    from ._bucket_status import BucketStatus
    from ._store_options import StoreOptions


class Store:
    """A place that holds buckets: a NATS account with JetStream, or a directory.

    Open it with :meth:`open`. It may be used by any number of tasks, threads and event loops at a time. A store can be
    pickled: its copy opens the same place, with the same credentials, when it is first used.

    >>> async def main(url):
    ...     async with jetblob.Store.open(url) as store:
    ...         bucket = await store.create_bucket("photos")
    ...         await bucket.put_string("greeting.txt", "hello")
    ...         print(await bucket.get_string("greeting.txt"))
    >>> asyncio.run(main(directory))
    hello
    """

    def __init__(self, native: _native.Store | None, where: Where) -> None:
        self._native = native
        self._where = where

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str],
        **options: Unpack[StoreOptions],
    ) -> Opening[Self]:
        """Open a store; ``await`` it, or ``async with`` it to have it closed at the end.

        ``url``: ``nats://``, ``tls://``, ``ws://`` and ``wss://`` are servers (several are separated by commas);
        ``file:`` and plain paths are a directory, which is made if it isn't there. The keyword arguments are those of
        :class:`StoreOptions`.

        Fails with :class:`InvalidArgumentError` for what makes no sense, with :class:`UnavailableError` if no server
        answers, with :class:`UnauthenticatedError` and :class:`TlsError`.
        """
        return cls._opening((os.fspath(url), None, {**options}))

    @classmethod
    def open_context(cls, context: str, /, **options: Unpack[StoreOptions]) -> Opening[Self]:
        """Open the server that a context of the ``nats`` command names. See :meth:`open`.

        The keyword arguments win over what the context says. Fails with :class:`InvalidArgumentError` if there is no
        such context, or it makes no sense.
        """
        return cls._opening((None, context, {**options}))

    @classmethod
    def open_default(cls, **options: Unpack[StoreOptions]) -> Opening[Self]:
        """Open the store that is meant where none is named, as the ``jetblob`` command does. See :meth:`open`.

        That is ``$JETBLOB_STORE``, ``$NATS_CONTEXT``, ``$NATS_URL``, the selected context of the ``nats`` command, or
        the data directory ``~/.local/share/jetblob``, whichever is first.
        """
        return cls._opening((None, None, {**options}))

    @classmethod
    def _opening(cls, where: Where) -> Opening[Self]:
        async def begin() -> Self:
            return cls(await _native.open(*where).run(), where)

        return Opening(begin)

    async def _opened(self) -> _native.Store:
        if self._native is None:
            opened = await _native.open(*self._where).run()
            if self._native is None:
                self._native = opened
            else:
                await opened.close().run()
        return self._native

    async def create_bucket(self, config: BucketConfig | str, **settings: Unpack[BucketSettings]) -> Bucket:
        """Create a bucket, by its configuration, or by its name and settings.

        One that exists with the same configuration is fine; with another one: :class:`BucketExistsError`. Fails with
        :class:`InvalidNameError` and :class:`InvalidConfigError`.
        """
        store = await self._opened()
        return Bucket(await store.create_bucket(configured(config, settings)).run())

    async def update_bucket(self, config: BucketConfig | str, **settings: Unpack[BucketSettings]) -> Bucket:
        """Change the configuration of a bucket into this one, and keep what :class:`BucketConfig` doesn't know.

        To change one thing, begin with what is there: ``update_bucket((await bucket.status()).config, ttl=3600)``.

        Fails with :class:`BucketNotFoundError`, :class:`SealedError`, and with :class:`InvalidConfigError` where the
        server refuses the change, in its words.
        """
        store = await self._opened()
        return Bucket(await store.update_bucket(configured(config, settings)).run())

    async def create_or_update_bucket(
        self, config: BucketConfig | str, **settings: Unpack[BucketSettings]
    ) -> Bucket:
        """Create a bucket, or change the configuration of the one that exists into this one."""
        store = await self._opened()
        return Bucket(await store.create_or_update_bucket(configured(config, settings)).run())

    async def bucket(self, name: str) -> Bucket:
        """Give a bucket that exists. Fails with :class:`BucketNotFoundError`."""
        return Bucket(await (await self._opened()).bucket(name).run())

    async def delete_bucket(self, name: str) -> None:
        """Remove a bucket and all that is in it. Fails with :class:`BucketNotFoundError`."""
        await (await self._opened()).delete_bucket(name).run()

    def bucket_names(self) -> Items[str]:
        """List the names of all buckets, in no promised order."""

        async def begin() -> _native.Items[str]:
            return (await self._opened()).bucket_names()

        return Items(begin)

    def buckets(self) -> Items[BucketStatus]:
        """List the statuses of all buckets, in no promised order."""

        async def begin() -> _native.Items[BucketStatus]:
            return (await self._opened()).buckets()

        return Items(begin)

    async def suspend(self) -> None:
        """Let go of all files of a local store, until it is resumed: for before another program is to have them.

        When it returns, this store has no file of its directory open or locked. A put that had not come to its commit
        fails with :class:`UnavailableError`, and nothing of it is stored; so do all calls until :meth:`resume`. Objects
        that are being read, lists and watches wait, and go on after it; but an object that is replaced or deleted after
        it, while it is read, fails with :class:`ObjectChangedError` or :class:`NotFoundError`. On a server's store it
        has no effect: there is nothing to let go of, and calls go on.

        Fails with :class:`ClosedError`, and with :class:`OperationTimeoutError` if something was held up for 30
        seconds; the store is suspended then all the same.
        """
        await (await self._opened()).suspend().run()

    def resume(self) -> None:
        """End a suspension. Files are opened when they are needed. A store that isn't suspended stays as it is."""
        if self._native is not None:
            self._native.resume()

    async def close(self) -> None:
        """Finish what is under way in the background, and let go of the connection or the directory."""
        if self._native is not None:
            await self._native.close().run()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"Store({described(self._where)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None, self._where)


Where = tuple[str | None, str | None, dict[str, Any]]
"""Where a store is: URL, context, options."""


def described(where: Where) -> str:
    """Describe where a store is, without a secret."""
    url, context, _ = where
    if url is not None:
        return repr(without_user(url))
    return "" if context is None else f"context={context!r}"


def without_user(url: str) -> str:
    """Give a URL, or several, without user, password and token."""
    return re.sub(r"//[^/@]*@", "//", url)
