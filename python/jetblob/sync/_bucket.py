"""A named collection of objects."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jetblob._body import buffer, pieces
from jetblob._resolved import Resolved, of_unknown

from ._check import Check
from ._items import Items
from ._object import Object
from ._upload import Upload
from ._watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from typing_extensions import Buffer

    from jetblob import (
        BucketStatus,
        CheckLevel,
        Consistency,
        GcReport,
        ObjectInfo,
        ObjectMeta,
        UnknownError,
        _native,
    )
    from jetblob._body import Body


class Bucket:
    """A named collection of objects, of a :class:`Store`. See :class:`jetblob.Bucket`."""

    def __init__(self, native: _native.Bucket) -> None:
        self._native = native

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self._native.name

    def status(self) -> BucketStatus:
        """Tell how the bucket is."""
        return self._native.status().wait()

    def seal(self) -> BucketStatus:
        """Make the bucket read-only, for ever, and tell how it is then."""
        return self._native.seal().wait()

    def put(
        self,
        meta: ObjectMeta | str,
        body: Body,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
        expires: timedelta | float | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> ObjectInfo:
        """Store an object; an object or link of that name is replaced. See :meth:`jetblob.Bucket.put`.

        >>> bucket.put("numbers.txt", (b"%d " % number for number in range(10))).size
        20
        """
        if isinstance(body, bytes):
            return self._native.put_bytes(meta, body, if_absent, if_revision, expires, progress).wait()
        if isinstance(body, os.PathLike):
            return self.put_file(
                body, meta, if_absent=if_absent, if_revision=if_revision, expires=expires, progress=progress
            )
        upload = self.upload(
            meta, if_absent=if_absent, if_revision=if_revision, expires=expires, progress=progress
        )
        with upload:
            for piece in pieces(body):
                upload.write(piece)
            return upload.finish()

    def put_bytes(self, meta: ObjectMeta | str, data: Buffer) -> ObjectInfo:
        """Store these bytes. See :meth:`put`."""
        return self.put(meta, buffer(data, "data"))

    def put_string(self, meta: ObjectMeta | str, text: str) -> ObjectInfo:
        """Store this text as UTF-8. See :meth:`put`."""
        return self.put(meta, text.encode())

    def put_file(
        self,
        path: str | os.PathLike[str],
        meta: ObjectMeta | str | None = None,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
        expires: timedelta | float | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> ObjectInfo:
        """Store the contents of a file. See :meth:`jetblob.Bucket.put_file`."""
        name = os.fspath(path) if meta is None else meta
        return self._native.put_file(name, path, if_absent, if_revision, expires, progress).wait()

    def upload(
        self,
        meta: ObjectMeta | str,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
        expires: timedelta | float | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> Upload:
        """Begin an upload: a file that is open for writing. See :meth:`jetblob.Bucket.upload`.

        >>> import zipfile
        >>> with bucket.upload("texts.zip") as upload, zipfile.ZipFile(upload, "w") as archive:
        ...     archive.writestr("hello.txt", "hello")
        >>> with bucket.get("texts.zip") as object, zipfile.ZipFile(object) as archive:
        ...     archive.namelist()
        ['hello.txt']
        """
        native = self._native.upload(meta, if_absent, if_revision, expires)
        return Upload(native, meta if isinstance(meta, str) else meta.name, progress)

    def get(
        self,
        name: str,
        *,
        range: slice | None = None,  # noqa: A002
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
        ignore_digest: bool = False,
    ) -> Object:
        """Open an object: a file that is open for reading. See :meth:`jetblob.Bucket.get`.

        >>> info = bucket.put_string("letters", "abcdefgh")
        >>> with bucket.get("letters") as object:
        ...     object.seek(-3, 2)
        ...     object.read()
        5
        b'fgh'
        """
        return Object(self._native.get(name, range, show_deleted, consistency, ignore_digest).wait())

    def get_bytes(
        self,
        name: str,
        *,
        range: slice | None = None,  # noqa: A002
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
        ignore_digest: bool = False,
    ) -> bytes:
        """Read an object into memory. See :meth:`jetblob.Bucket.get`."""
        return self._native.get_bytes(name, range, show_deleted, consistency, ignore_digest).wait()

    def get_string(
        self,
        name: str,
        *,
        range: slice | None = None,  # noqa: A002
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
        ignore_digest: bool = False,
    ) -> str:
        """Read an object as UTF-8 text. See :meth:`jetblob.Bucket.get_string`."""
        return self._native.get_string(name, range, show_deleted, consistency, ignore_digest).wait()

    def get_file(
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
        """Read an object into a file. See :meth:`jetblob.Bucket.get_file`."""
        return self._native.get_file(
            name, path, range, show_deleted, consistency, ignore_digest, progress
        ).wait()

    def info(
        self,
        name: str,
        *,
        show_deleted: bool = False,
        consistency: Consistency = "read_your_writes",
    ) -> ObjectInfo:
        """Tell what the store has under a name: an object, or a link itself. Fails with :class:`NotFoundError`."""
        return self._native.info(name, show_deleted, consistency).wait()

    def update_meta(self, name: str, meta: ObjectMeta, *, if_revision: int | None = None) -> ObjectInfo:
        """Replace name, description, headers and metadata. See :meth:`jetblob.Bucket.update_meta`."""
        return self._native.update_meta(name, meta, if_revision).wait()

    def rename(self, name: str, new_name: str, *, if_revision: int | None = None) -> ObjectInfo:
        """Give an object another name. See :meth:`jetblob.Bucket.rename`."""
        return self._native.rename(name, new_name, if_revision).wait()

    def delete(self, name: str, *, if_revision: int | None = None) -> ObjectInfo:
        """Delete an object or a link. See :meth:`jetblob.Bucket.delete`."""
        return self._native.delete(name, if_revision).wait()

    def purge(self, name: str, *, if_revision: int | None = None) -> None:
        """Delete an object or a link, or the marker of a deleted one.

        The marker that tells watchers of it goes after a day. Fails with :class:`NotFoundError` if there isn't even a
        marker.
        """
        self._native.purge(name, if_revision).wait()

    def add_link(
        self,
        meta: ObjectMeta | str,
        target: ObjectInfo,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
    ) -> ObjectInfo:
        """Link to an object, of this or another bucket. See :meth:`jetblob.Bucket.add_link`."""
        return self._native.add_link(meta, target, if_absent, if_revision).wait()

    def add_bucket_link(
        self,
        meta: ObjectMeta | str,
        target: Bucket,
        *,
        if_absent: bool = False,
        if_revision: int | None = None,
    ) -> ObjectInfo:
        """Link to a whole bucket. See :meth:`jetblob.Bucket.add_link`."""
        return self._native.add_bucket_link(meta, target._native, if_absent, if_revision).wait()

    def list(self, *, prefix: str = "", show_deleted: bool = False) -> Items[ObjectInfo]:
        """List objects and links, each once. See :meth:`jetblob.Bucket.list`.

        >>> names = [bucket.put_string(name, "").name for name in ("2026/may", "2025/may")]
        >>> [info.name for info in bucket.list(prefix="2026/")]
        ['2026/may']
        """
        return Items(self._native.list(prefix, show_deleted))

    def watch(
        self,
        *,
        prefix: str = "",
        include_history: bool = False,
        ignore_deletes: bool = False,
        updates_only: bool = False,
        after: int | None = None,
    ) -> Watch:
        """Watch the bucket: an iterator of events. See :meth:`jetblob.Bucket.watch`; this one begins at once.

        >>> info = bucket.put_string("a", "")
        >>> with bucket.watch(prefix="a") as watch:
        ...     for event in watch:
        ...         if event is jetblob.CAUGHT_UP:
        ...             break
        ...         print(event.name)
        a
        """
        return Watch(self._native.watch(prefix, include_history, ignore_deletes, updates_only, after).wait())

    def resolve(self, unknown: UnknownError) -> Resolved:
        """Tell how a write ended whose answer never came. See :meth:`jetblob.Bucket.resolve`."""
        return Resolved(*self._native.resolve(of_unknown(unknown)).wait())

    def check(
        self,
        *,
        level: CheckLevel | None = None,
        subset: str | int | None = None,
        seed: int = 0,
        grace: timedelta | float | None = None,
    ) -> Check:
        """Examine the bucket: an iterator of findings. See :meth:`jetblob.Bucket.check`; this one begins at once.

        >>> with bucket.check() as check:
        ...     [finding.kind for finding in check]
        []
        """
        return Check(self._native.check(level, subset, seed, grace))

    def gc(self, *, grace: timedelta | float | None = None, dry_run: bool = False) -> GcReport:
        """Remove the bytes that no object has. See :meth:`jetblob.Bucket.gc`."""
        return self._native.gc(grace, dry_run).wait()

    def __repr__(self) -> str:
        return f"Bucket({self.name!r})"
