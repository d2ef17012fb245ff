"""A named collection of objects."""

from __future__ import annotations

import os
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Literal

from ._body import async_pieces, buffer
from ._check import Check
from ._items import Items
from ._object import Object
from ._opening import Opening
from ._resolved import Resolved, of_unknown
from ._upload import Upload
from ._watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from typing_extensions import Buffer

    from . import _native
    from ._body import AsyncBody
    from ._bucket_status import BucketStatus
    from ._finding import CheckLevel
    from ._gc import GcReport
    from ._info import ObjectInfo
    from ._meta import ObjectMeta
    from ._watch import WatchEvent
    from .errors import UnknownError

Consistency = Literal["read_your_writes", "leader"]
"""How fresh a record must be: ``read_your_writes``, never older than what was written through the same bucket, or the
newest there is, from the ``leader``."""


class Bucket:
    """A named collection of objects, of a :class:`Store`.

    Where a method takes ``meta``, that is an :class:`ObjectMeta`, or the name alone.

    ``if_absent`` lets a write take effect only if the name is free, ``if_revision`` only over this revision; else it
    is a :class:`ConflictError`. What is cancelled is given up, at the server too; a commit that was begun is brought
    to its end.
    """

    def __init__(self, native: _native.Bucket) -> None:
        self._native = native

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self._native.name

    async def status(self) -> BucketStatus:
        """Tell how the bucket is."""
        return await self._native.status().run()

    async def seal(self) -> BucketStatus:
        """Make the bucket read-only, for ever, and tell how it is then."""
        return await self._native.seal().run()

    async def put(
        self,
        meta: ObjectMeta | str,
        body: AsyncBody,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
        expires: timedelta | float | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> ObjectInfo:
        r"""Store an object; an object or link of that name is replaced.

        ``body``: a bytes-like object (``bytes`` without a copy), the path of a file (``os.PathLike``), a file that is
        open in binary mode, or an iterable or asynchronous iterable of bytes. ``expires``: how long the object lives, a
        ``timedelta`` or seconds; a server counts in whole seconds, and rounds up. ``progress`` is told how many bytes
        were taken so far.

        When it returns, every byte is stored as safely as the store promises, and the new object is visible. When it
        fails, the old one is as it was, and what was sent is removed; but for :class:`UnknownError`, which says that it
        could not be learned which of the two it is. What ``body`` or ``progress`` raises comes out as it is.

        Fails with :class:`InvalidNameError`, :class:`SealedError`, :class:`QuotaExceededError`,
        :class:`BucketDeletedError`, :class:`ConflictError`, and with :class:`LinkNotAllowedError` if ``meta`` was taken
        from a link.

        >>> async def lines():
        ...     yield b"one\n"
        ...     yield b"two\n"
        >>> async def main():
        ...     info = await bucket.put("numbers.txt", lines())
        ...     print(info.size, info.digest)
        >>> run(main())
        8 SHA-256=w_nIwoOisfLxiW8noBy-PN3Aydk_dS5GOQNaD1s29ug=
        """
        if isinstance(body, bytes):
            return await self._native.put_bytes(meta, body, if_absent, if_revision, expires, progress).run()
        if isinstance(body, os.PathLike):
            return await self.put_file(
                body, meta, if_absent=if_absent, if_revision=if_revision, expires=expires, progress=progress
            )
        upload = self.upload(
            meta, if_absent=if_absent, if_revision=if_revision, expires=expires, progress=progress
        )
        async with upload, aclosing(async_pieces(body)) as pieces:
            async for piece in pieces:
                await upload.write(piece)
            return await upload.finish()

    async def put_bytes(self, meta: ObjectMeta | str, data: Buffer) -> ObjectInfo:
        """Store these bytes. See :meth:`put`."""
        return await self.put(meta, buffer(data, "data"))

    async def put_string(self, meta: ObjectMeta | str, text: str) -> ObjectInfo:
        """Store this text as UTF-8. See :meth:`put`."""
        return await self.put(meta, text.encode())

    async def put_file(
        self,
        path: str | os.PathLike[str],
        meta: ObjectMeta | str | None = None,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
        expires: timedelta | float | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> ObjectInfo:
        """Store the contents of a file, under its path as it is given if there is no ``meta``. See :meth:`put`.

        Fails with :class:`IoError`, which is a ``FileNotFoundError`` too, if the file isn't there.
        """
        name = os.fspath(path) if meta is None else meta
        call = self._native.put_file(name, path, if_absent, if_revision, expires, progress)
        return await call.run()

    def upload(
        self,
        meta: ObjectMeta | str,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
        expires: timedelta | float | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> Upload:
        r"""Begin an upload: write to it, then finish it. The options are those of :meth:`put`.

        >>> async def main():
        ...     async with bucket.upload("log.txt") as upload:
        ...         await upload.write(b"first line\n")
        ...         await upload.write(b"second line\n")
        ...     print(upload.info.size)
        >>> run(main())
        23
        """
        return Upload(self._native.upload(meta, if_absent, if_revision, expires), progress)

    def get(
        self,
        name: str,
        *,
        range: slice | None = None,  # noqa: A002
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
        ignore_digest: bool = False,
    ) -> Opening[Object]:
        """Open an object; ``await`` it, or ``async with`` it to have it closed at the end. Links are followed.

        ``range``: only these bytes: ``slice(start, stop)``, ``slice(start, None)``, or the last of them,
        ``slice(-count, None)``; what it says beyond the end is left out. ``show_deleted``: a deleted object is one
        without bytes, not an error. ``ignore_digest``: hand out what is there, though it isn't what was put.

        Fails with :class:`NotFoundError`, :class:`InvalidArgumentError` for a range that begins beyond the end,
        :class:`IsBucketLinkError`, :class:`LinkLoopError`, :class:`BadMetaError`; and then or later with
        :class:`DigestMismatchError`, :class:`DataMissingError`, :class:`ObjectChangedError`.

        >>> async def main():
        ...     await bucket.put_string("numbers", "0123456789")
        ...     async with bucket.get("numbers", range=slice(2, 6)) as object:
        ...         async for chunk in object:
        ...             print(chunk)
        >>> run(main())
        b'2345'
        """

        async def begin() -> Object:
            call = self._native.get(name, range, show_deleted, consistency, ignore_digest)
            return Object(await call.run())

        return Opening(begin)

    async def get_bytes(
        self,
        name: str,
        *,
        range: slice | None = None,  # noqa: A002
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
        ignore_digest: bool = False,
    ) -> bytes:
        """Read an object into memory. See :meth:`get`."""
        return await self._native.get_bytes(name, range, show_deleted, consistency, ignore_digest).run()

    async def get_string(
        self,
        name: str,
        *,
        range: slice | None = None,  # noqa: A002
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
        ignore_digest: bool = False,
    ) -> str:
        """Read an object as UTF-8 text. See :meth:`get`. Fails with :class:`InvalidArgumentError` if it is none."""
        return await self._native.get_string(name, range, show_deleted, consistency, ignore_digest).run()

    async def get_file(
        self,
        name: str,
        path: str | os.PathLike[str],
        *,
        range: slice | None = None,  # noqa: A002
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
        ignore_digest: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> ObjectInfo:
        """Read an object into a file, which appears, or is replaced, when it is whole and verified. See :meth:`get`.

        ``progress`` is told how many bytes came so far.
        """
        call = self._native.get_file(name, path, range, show_deleted, consistency, ignore_digest, progress)
        return await call.run()

    async def info(
        self,
        name: str,
        *,
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
    ) -> ObjectInfo:
        """Tell what the store has under a name: an object, or a link itself. Fails with :class:`NotFoundError`."""
        return await self._native.info(name, show_deleted, consistency).run()

    async def update_meta(self, name: str, meta: ObjectMeta, *, if_revision: int | None = None) -> ObjectInfo:
        """Replace name, description, headers and metadata as a whole; the bytes stay.

        Fails with :class:`NotFoundError`, and with :class:`AlreadyExistsError` if the new name is taken.
        """
        return await self._native.update_meta(name, meta, if_revision).run()

    async def rename(self, name: str, new_name: str, *, if_revision: int | None = None) -> ObjectInfo:
        """Give an object another name; its bytes don't move.

        Fails with :class:`NotFoundError`, and with :class:`AlreadyExistsError` if the new name is taken.
        """
        return await self._native.rename(name, new_name, if_revision).run()

    async def delete(self, name: str, *, if_revision: int | None = None) -> ObjectInfo:
        """Delete an object or a link, and tell what is left of it.

        What is deleted already is fine; what never was is a :class:`NotFoundError`.
        """
        return await self._native.delete(name, if_revision).run()

    async def purge(self, name: str, *, if_revision: int | None = None) -> None:
        """Delete an object or a link, or the marker of a deleted one.

        The marker that tells watchers of it goes after a day. Fails with :class:`NotFoundError` if there isn't even a
        marker.
        """
        await self._native.purge(name, if_revision).run()

    async def add_link(
        self,
        meta: ObjectMeta | str,
        target: ObjectInfo,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
    ) -> ObjectInfo:
        """Link to an object, of this or another bucket. A link or a deleted object of that name is replaced.

        Fails with :class:`AlreadyExistsError` if an object has the name, with :class:`LinkToDeletedError`,
        :class:`LinkToLinkError`, and with :class:`LinkLoopError` for a link to itself.
        """
        return await self._native.add_link(meta, target, if_absent, if_revision).run()

    async def add_bucket_link(
        self,
        meta: ObjectMeta | str,
        target: Bucket,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
    ) -> ObjectInfo:
        """Link to a whole bucket. See :meth:`add_link`."""
        native = target._native
        return await self._native.add_bucket_link(meta, native, if_absent, if_revision).run()

    def list(self, *, prefix: str = "", show_deleted: bool = False) -> Items[ObjectInfo]:
        """List objects and links, each once, in no promised order. An empty bucket gives none.

        What changes meanwhile is told as it was or as it is; an object that is renamed meanwhile may be told under both
        names, or under neither.

        ``prefix``: only names that begin with it. ``show_deleted``: deleted objects too, as far as they are known.

        >>> async def main():
        ...     await bucket.put_string("2026/may", "")
        ...     await bucket.put_string("2025/may", "")
        ...     async for info in bucket.list(prefix="2026/"):
        ...         print(info.name)
        >>> run(main())
        2026/may
        """

        async def begin() -> _native.Items[ObjectInfo]:
            return self._native.list(prefix, show_deleted)

        return Items(begin)

    def watch(
        self,
        *,
        prefix: str = "",
        include_history: bool = False,
        ignore_deletes: bool = False,
        updates_only: bool = False,
        after: int | None = None,
    ) -> Watch:
        """Watch the bucket: what is there, and what changes.

        An asynchronous iterator of each object, link and deleted object as it is now, in the order in which they were
        written; then of :data:`CAUGHT_UP`; then of every write, whoever makes it, for as long as it is asked.

        It begins when it is awaited, entered, or first asked; what is written after that is told. Nothing is lost or
        told twice when the connection or the server goes away and comes back; but an object that is written several
        times before it is told may be told only as it is then.

        ``include_history``: begin with all that the store still has of each name. ``ignore_deletes``: leave deleted
        objects out. ``updates_only``: leave out what is there, and the marker. ``after``: begin with what was written
        after this revision, to go on where an earlier watch ended.

        A record that makes no sense is a :class:`BadMetaError`; the others still follow. Any other error ends it:
        :class:`BucketDeletedError`, and :class:`UnavailableError` when no server was there for the idle limit.

        >>> async def main():
        ...     await bucket.put_string("a", "")
        ...     async with bucket.watch(prefix="a") as watch:
        ...         async for event in watch:
        ...             if event is jetblob.CAUGHT_UP:
        ...                 break
        ...             print(event.name)
        >>> run(main())
        a
        """
        call = partial(self._native.watch, prefix, include_history, ignore_deletes, updates_only, after)

        async def begin() -> _native.Items[WatchEvent]:
            return await call().run()

        return Watch(begin)

    async def resolve(self, unknown: UnknownError) -> Resolved:
        """Tell how a write of this bucket ended whose answer never came, once the store answers again.

        Of a write that doesn't put or link anything it can tell that it took no effect, or that something did. Fails
        with :class:`InvalidArgumentError` for any other error.
        """
        return Resolved(*await self._native.resolve(of_unknown(unknown)).run())

    def check(
        self,
        *,
        level: CheckLevel | None = None,
        subset: str | int | None = None,
        seed: int = 0,
        grace: timedelta | float | None = None,
    ) -> Check:
        """Examine the bucket, and tell of everything in it that is not as it should be, as it is found.

        An asynchronous iterator of findings, with a ``report`` of what was examined. Nothing is changed, and what
        others do meanwhile is no finding. Records that make no sense are findings like others; an error is of the store
        itself, and ends the check. To leave it ends it, at the server too.

        ``level``: how much: ``structure`` if not given, and ``data`` with a ``subset``. ``subset``: of which objects
        the bytes are read, if not of all: ``"10%"`` of them, ``"3/7"``, the third of seven parts, or about so many
        bytes, an ``int``; the same ``seed`` chooses the same. ``grace``: how long nobody must have written to bytes
        that no object has before they are an orphan, a ``timedelta`` or seconds; 24 hours if not given.

        Fails with :class:`InvalidArgumentError` for a subset at another level than data, or one that can't be.

        >>> async def main():
        ...     await bucket.put_string("a", "hello")
        ...     check = bucket.check(level="data")
        ...     async for finding in check:
        ...         print(finding.kind, finding.reason)
        ...     print(check.report.read_bytes, "bytes are as they were put")
        >>> run(main())
        5 bytes are as they were put
        """
        return Check(self._native.check(level, subset, seed, grace))

    async def gc(self, *, grace: timedelta | float | None = None, dry_run: bool = False) -> GcReport:
        """Remove the bytes that no object has: of puts that were cut off, and of what other clients have replaced.

        Objects, links and the markers of deleted ones stay, and anything else may go on beside it. It removes nothing
        unless it is certain; a record of which it can't be told which bytes it names is a :class:`BadMetaError`, and
        nothing is removed until that object is put anew or deleted.

        ``grace``: how long nobody must have written to the bytes, a ``timedelta`` or seconds; 24 hours if not given. It
        must be longer than any put pauses in the middle. ``dry_run``: remove nothing, and tell what would be removed.

        Fails with :class:`SealedError`, and with :class:`InvalidConfigError` in a mirror.

        >>> async def main():
        ...     report = await bucket.gc(dry_run=True)
        ...     print(sum(orphan.bytes for orphan in report.removed), "bytes would be free")
        >>> run(main())
        0 bytes would be free
        """
        return await self._native.gc(grace, dry_run).run()

    def __repr__(self) -> str:
        return f"Bucket({self.name!r})"
