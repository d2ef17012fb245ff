"""What a check tells of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import timedelta

CheckLevel = Literal["settings", "structure", "data"]
"""How much of a bucket is examined, each level with those before it: the ``settings`` of the store alone; the
``structure``, which is all records and links, and how many bytes there are of each object; the ``data``, every byte."""

FindingKind = Literal[
    "settings",
    "invalid_record",
    "data_missing",
    "short",
    "long",
    "digest_mismatch",
    "orphan",
    "shared_blob",
    "dangling_link",
    "link_loop",
]
"""A kind of :class:`Finding`.

``settings``: the store has settings by which it loses what it acknowledged, or takes nothing. ``invalid_record``: a
record makes no sense. ``data_missing``: chunks of an object are gone, or all of it. ``short``, ``long``: the chunks
hold fewer bytes than the record says, or more. ``digest_mismatch``: the bytes are not those that were put. ``orphan``:
bytes that no object has, and that nobody has written to for the grace; ``gc`` removes them. ``shared_blob``: two
objects share their bytes, which go with the first of them that is replaced or deleted. ``dangling_link``: a link leads
to nothing. ``link_loop``: a link leads to itself, or through too many others.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a bucket that is not as it should be."""

    kind: FindingKind
    """What it is."""
    name: str | None
    """The object or link that it is about, if it is about one."""
    nuid: str | None
    """The id of the bytes that it is about, if it is about some."""
    size: int | None
    """Bytes that there should be."""
    found: int | None
    """Bytes that there are."""
    age: timedelta | None
    """How long ago the last byte of an orphan was stored, by the store's clock."""
    reason: str
    """What is wrong, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check has examined."""

    objects: int
    """Objects."""
    bytes: int
    """Bytes of them, as their records say."""
    links: int
    """Links."""
    deleted: int
    """Markers of deleted objects."""
    expired: int
    """Objects of which the bytes have expired before the record, which is then on its way out: no finding."""
    blobs: int
    """Blobs: the bytes of one put each."""
    under_way: int
    """Blobs that no object has, but that somebody has written to within the grace: puts under way, most likely.
    No finding."""
    read_objects: int
    """Objects whose bytes were read."""
    read_bytes: int
    """Bytes that were read."""
    undigested: int
    """Objects of these whose writer gave them no digest: only their size is known to be right."""
    findings: int
    """Findings that were told."""
