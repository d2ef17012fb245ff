"""What a clean-up did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Orphan:
    """Bytes that no object has, and that nobody has written to for a while."""

    nuid: str
    """Their id."""
    bytes: int
    """How many they are."""
    age: timedelta
    """How long ago the last of them was stored, by the store's clock."""


@dataclass(frozen=True, slots=True)
class GcReport:
    """What a ``gc`` did."""

    blobs: int
    """Blobs, the bytes of one put each, that were looked at."""
    young: int
    """Those that somebody has written to within the grace: they are left, whether an object has them or not."""
    removed: list[Orphan]
    """Orphans that are gone; in a dry run, those that would be."""
    left: int
    """Orphans that somebody else removed or wrote to before it was their turn."""
