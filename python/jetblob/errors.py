"""Every way in which an operation can fail.

Each code of the library has one class. Beside :class:`JetblobError` it inherits the built-in exception that fits, so
code that knows nothing of jetblob catches it too.
"""

from __future__ import annotations

import errno
from typing import Any, ClassVar

__all__ = [
    "AlreadyExistsError",
    "BadMetaError",
    "BucketDeletedError",
    "BucketExistsError",
    "BucketNotFoundError",
    "ClosedError",
    "ConflictError",
    "DataMissingError",
    "DigestMismatchError",
    "InvalidArgumentError",
    "InvalidConfigError",
    "InvalidNameError",
    "IoError",
    "IsBucketLinkError",
    "JetStreamNotEnabledError",
    "JetblobError",
    "LinkLoopError",
    "LinkNotAllowedError",
    "LinkToDeletedError",
    "LinkToLinkError",
    "NotFoundError",
    "ObjectChangedError",
    "OperationTimeoutError",
    "PermissionDeniedError",
    "QuotaExceededError",
    "SealedError",
    "ServerError",
    "TlsError",
    "UnauthenticatedError",
    "UnavailableError",
    "UnknownError",
]


class JetblobError(Exception):
    """An operation of jetblob failed. Its text names the operation, the bucket and the object, and holds no secret.

    What a class knows beside this is in its annotations.
    """

    code: ClassVar[str]
    """The stable name of the error, the same in every language."""
    retryable: bool
    """Whether the same call may succeed later, with nothing else changed."""
    bucket: str | None
    """The bucket that the error is about, where there is one."""
    name: str | None
    """The name of the object that the error is about, where there is one."""

    _errno: ClassVar[int | None] = None

    def __init__(self, message: str, *, retryable: bool = False, **fields: Any) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.bucket = self.name = None
        if isinstance(self, OSError):
            object.__setattr__(self, "errno", self._errno)
        self._fields = fields
        for field, value in fields.items():
            setattr(self, field, value)

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args[0], self.retryable, self._fields)


def _again(error: type[JetblobError], message: str, retryable: bool, fields: dict[str, Any]) -> JetblobError:  # noqa: FBT001
    return error(message, retryable=retryable, **fields)


class NotFoundError(JetblobError, FileNotFoundError):
    """No object of this name, or it expired; or it is deleted."""

    code = "not_found"
    _errno = errno.ENOENT
    deleted: bool
    """Whether the object's deletion is still known."""


class BucketNotFoundError(JetblobError, FileNotFoundError):
    """No bucket of this name."""

    code = "bucket_not_found"
    _errno = errno.ENOENT


class BucketExistsError(JetblobError, FileExistsError):
    """A bucket of this name exists, with another configuration."""

    code = "bucket_exists"
    _errno = errno.EEXIST


class AlreadyExistsError(JetblobError, FileExistsError):
    """An object of this name exists."""

    code = "already_exists"
    _errno = errno.EEXIST


class InvalidNameError(JetblobError, ValueError):
    """A bucket's or an object's name breaks the rules. Nothing was sent."""

    code = "invalid_name"


class InvalidConfigError(JetblobError, ValueError):
    """A bucket's configuration can't be. Nothing was changed."""

    code = "invalid_config"


class InvalidArgumentError(JetblobError, ValueError):
    """An argument can't be. Nothing was changed."""

    code = "invalid_argument"


class LinkNotAllowedError(JetblobError, ValueError):
    """A put, or an update, of something that says it is a link. Nothing was sent."""

    code = "link_not_allowed"


class LinkToDeletedError(JetblobError, ValueError):
    """The target of a link is deleted."""

    code = "link_to_deleted"


class LinkToLinkError(JetblobError, ValueError):
    """The target of a link is a link itself."""

    code = "link_to_link"


class IsBucketLinkError(JetblobError, IsADirectoryError):
    """The entry is a link to a whole bucket, which has no bytes."""

    code = "is_bucket_link"
    _errno = errno.EISDIR
    target: str
    """The bucket that it links to."""


class LinkLoopError(JetblobError, OSError):
    """Links that lead in a circle, or through more than 8 others."""

    code = "link_loop"
    _errno = errno.ELOOP


class ConflictError(JetblobError):
    """A conditional write found something else under the name. What stands there stays; nothing of this is left."""

    code = "conflict"
    expected: int
    """The revision that was to stand there; 0 for none."""


class UnknownError(JetblobError):
    """Whether the write took effect could not be learned in time.

    Nothing was removed: the object is either the old or the new one, whole. ``Bucket.resolve`` tells later which.
    """

    code = "unknown"
    operation: str
    nuid: str | None
    """The id of the blob that the name didn't have before, if there is one."""
    revision_before: int
    """The revision that the write was to replace; 0 for none."""


class SealedError(JetblobError, PermissionError):
    """The bucket is sealed: nothing can be written."""

    code = "sealed"
    _errno = errno.EROFS


class QuotaExceededError(JetblobError, OSError):
    """The bucket, the account or the disk is full. What was stored before is untouched."""

    code = "quota_exceeded"
    _errno = errno.ENOSPC


class DigestMismatchError(JetblobError, OSError):
    """The bytes are not those that were put."""

    code = "digest_mismatch"
    _errno = errno.EIO
    expected: str
    actual: str


class DataMissingError(JetblobError, OSError):
    """Chunks of the object are gone from the store."""

    code = "data_missing"
    _errno = errno.EIO
    size: int
    """The bytes that the object should have."""
    received: int
    """The bytes that are there."""


class ObjectChangedError(JetblobError, OSError):
    """The object was replaced while it was being read."""

    code = "object_changed"
    _errno = errno.ESTALE


class BadMetaError(JetblobError, OSError):
    """The record of the object makes no sense."""

    code = "bad_meta"
    _errno = errno.EIO


class PermissionDeniedError(JetblobError, PermissionError):
    """The server or the system forbids it."""

    code = "permission_denied"
    _errno = errno.EACCES
    subject: str
    """The denied subject or path."""


class UnauthenticatedError(JetblobError, PermissionError):
    """The server doesn't accept the credentials."""

    code = "unauthenticated"
    _errno = errno.EACCES


class TlsError(JetblobError, ConnectionError):
    """The connection can't be encrypted as asked."""

    code = "tls"


class JetStreamNotEnabledError(JetblobError, ConnectionError):
    """The server has no JetStream for this account, domain or API prefix."""

    code = "jetstream_not_enabled"


class OperationTimeoutError(JetblobError, TimeoutError):
    """Nothing happened for as long as the idle limit allows."""

    code = "timeout"
    _errno = errno.ETIMEDOUT


class UnavailableError(JetblobError, ConnectionError):
    """The server can't be reached, or has no leader now."""

    code = "unavailable"


class BucketDeletedError(JetblobError, FileNotFoundError):
    """The bucket was deleted while it was in use."""

    code = "bucket_deleted"
    _errno = errno.ENOENT


class ClosedError(JetblobError, ValueError):
    """The store, the object or the upload is closed. A ``ValueError``, as of a closed file."""

    code = "closed"


class IoError(JetblobError, OSError):
    """Reading a body, or writing a file, failed. Of a file that isn't there it is a ``FileNotFoundError``, too."""

    code = "io"


class ServerError(JetblobError):
    """The server refused for a reason of its own."""

    code = "server"
    server_code: int
    """The server's own code."""


class _NoFileError(IoError, FileNotFoundError):
    _errno = errno.ENOENT


class _IsDirectoryError(IoError, IsADirectoryError):
    _errno = errno.EISDIR


class _NotDirectoryError(IoError, NotADirectoryError):
    _errno = errno.ENOTDIR


class _FileExistsError(IoError, FileExistsError):
    _errno = errno.EEXIST


class _NoMemoryError(IoError, MemoryError):
    _errno = errno.ENOMEM


_IO_OF_KIND: dict[str, type[IoError]] = {
    "NotFound": _NoFileError,
    "IsADirectory": _IsDirectoryError,
    "NotADirectory": _NotDirectoryError,
    "AlreadyExists": _FileExistsError,
    "OutOfMemory": _NoMemoryError,
}
ERRORS: dict[str, type[JetblobError]] = {error.code: error for error in JetblobError.__subclasses__()}
"""The class of each code."""


def exception(code: str, message: str, retryable: bool, fields: dict[str, Any]) -> JetblobError:  # noqa: FBT001
    """Make the exception of an error of the library."""
    error = ERRORS.get(code, JetblobError)
    if error is IoError:
        error = _IO_OF_KIND.get(fields.pop("kind", ""), IoError)
    return error(message, retryable=retryable, **fields)
