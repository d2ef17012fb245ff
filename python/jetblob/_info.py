"""What the store tells of an object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._meta import Link, ObjectMeta

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store tells of an object, a link or a deleted object."""

    bucket: str
    """The bucket that it is in."""
    name: str
    """Its name."""
    size: int
    """Bytes."""
    chunks: int
    """How many chunks its bytes are in."""
    chunk_size: int | None
    """The bytes of each chunk, as its writer says; many don't."""
    full_chunks: bool
    """Whether its writer says that every chunk but the last is full."""
    digest: str | None
    """``SHA-256=`` and the digest of the bytes in base64url; a writer may leave it out."""
    nuid: str | None
    """The id of the bytes: two puts never have the same."""
    revision: int
    """The number of the record, what ``if_revision`` compares. Rises with each write to the bucket."""
    mtime: datetime
    """When the record was written, in UTC."""
    expires: datetime | None
    """When the object goes by itself, if that was asked for by its put. In UTC."""
    deleted: bool
    """Whether this is what is left of a deleted object."""
    description: str
    """A text for people."""
    headers: dict[str, list[str]]
    """Headers and their values."""
    metadata: dict[str, str]
    """Names and values of the caller's own."""
    link: Link | None
    """What it points to, if it is a link."""

    @property
    def meta(self) -> ObjectMeta:
        """What a caller would say to put an object like this; ``dataclasses.replace`` changes something of it."""
        return ObjectMeta(
            self.name, self.description, self.headers, self.metadata, self.chunk_size or None, self.link
        )
