"""What a store tells of a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._bucket_config import BucketConfig, Placement, Storage

if TYPE_CHECKING:
    from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketStatus:
    """How a bucket is."""

    bucket: str
    """Its name."""
    description: str
    """A text for people."""
    ttl: timedelta | None
    """How long objects live; ``None`` for ever."""
    max_bytes: int | None
    """How many bytes it may take, at most; ``None`` for no bound."""
    storage: Storage
    """What a server keeps it in."""
    replicas: int
    """How many servers hold it."""
    placement: Placement | None
    """Which servers may hold it."""
    sealed: bool
    """Whether nothing can be written any more."""
    compressed: bool
    """Whether what is stored is compressed."""
    size: int
    """Bytes in use: chunks, records and what deleted names leave. Not the sum of the objects' sizes."""
    backing_store: str
    """What keeps the bucket: ``JetStream`` or ``local``."""
    metadata: dict[str, str]
    """Names and values of the caller's own."""
    plain: bool
    """Whether the stream features that ADR-20 doesn't name are off."""
    records: int | None
    """How many records there are: one for each object and link, and one for each deleted name whose marker is left.
    ``None`` where it isn't known: in a listing of a server's buckets, or where reading records is denied."""

    @property
    def config(self) -> BucketConfig:
        """The configuration as it is, to change something of it with ``dataclasses.replace`` and update the bucket."""
        return BucketConfig(
            self.bucket,
            self.description,
            self.ttl,
            self.max_bytes,
            self.storage,
            self.replicas,
            self.placement,
            self.compressed,
            self.metadata,
            self.plain,
        )
