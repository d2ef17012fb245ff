"""How a bucket is configured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta


Storage = Literal["file", "memory"]
"""What a server keeps a bucket in."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Which servers of a cluster may hold a bucket."""

    cluster: str = ""
    """The name of the cluster; empty for any."""
    tags: Sequence[str] = ()
    """Tags that each server must have."""


@dataclass(frozen=True, slots=True)
class BucketConfig:
    """How a bucket is to be.

    >>> BucketConfig("logs", max_bytes=10 << 30).replicas
    1
    """

    name: str
    """Letters, digits, ``-`` and ``_``."""
    description: str = ""
    """A text for people."""
    ttl: timedelta | float | None = None
    """How long objects live, a ``timedelta`` or seconds; ``None`` for ever."""
    max_bytes: int | None = None
    """How many bytes it may take, at most; a put beyond fails. ``None`` for no bound."""
    storage: Storage = "file"
    """What a server keeps it in."""
    replicas: int = 1
    """How many servers hold it, 1 to 5. Locally there is 1."""
    placement: Placement | None = None
    """Which servers may hold it."""
    compression: bool = False
    """Whether the server compresses it on disk. Locally it makes no difference."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Names and values of the caller's own."""
    plain: bool = False
    """Leave off the stream features that ADR-20 doesn't name: for other clients that create the bucket, too, and want
    it exactly so. Costs speed and the expiry of single objects."""


class BucketSettings(TypedDict, total=False):
    """The fields of :class:`BucketConfig` but its name, as keyword arguments."""

    description: str
    ttl: timedelta | float | None
    max_bytes: int | None
    storage: Storage
    replicas: int
    placement: Placement | None
    compression: bool
    metadata: Mapping[str, str]
    plain: bool


def configured(config: BucketConfig | str, settings: BucketSettings) -> BucketConfig:
    """Give the configuration with these settings."""
    if isinstance(config, str):
        return BucketConfig(config, **settings)
    return replace(config, **settings) if settings else config
