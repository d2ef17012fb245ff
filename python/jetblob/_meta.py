"""What the caller says of an object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Link:
    """What a link points to: an object, or a whole bucket."""

    bucket: str
    """The bucket that is pointed to, or the bucket of the object."""
    name: str | None = None
    """The name of the object; ``None`` for a whole bucket."""


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """What the caller says of an object. Where nothing but the name is to be said, a ``str`` will do.

    >>> meta = ObjectMeta("a.json", description="the third", headers={"Content-Type": "application/json"})
    >>> meta.name, meta.headers["Content-Type"]
    ('a.json', 'application/json')
    """

    name: str
    """The object's name: UTF-8 of 1 to 1,024 bytes, anything else goes."""
    description: str = ""
    """A text for people."""
    headers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    """Headers as of HTTP and NATS; each has one value or several."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Names and values of the caller's own."""
    chunk_size: int | None = None
    """The bytes of each chunk but the last; 128 KiB if not given. A server's limit on messages wins."""
    link: Link | None = None
    """What the entry points to. Only there so that what was taken from a link is refused by a put."""
