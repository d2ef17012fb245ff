"""What a write may say of an object beside its bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from jetblob import ObjectMeta

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetblob import ObjectInfo


class ObjectSettings(TypedDict, total=False):
    """Keyword arguments of whatever writes: the fields of :class:`jetblob.ObjectMeta`, and ``expires``."""

    description: str
    headers: Mapping[str, str | Sequence[str]]
    metadata: Mapping[str, str]
    chunk_size: int | None
    expires: timedelta | float | None


def described(name: str, settings: ObjectSettings) -> tuple[ObjectMeta, timedelta | float | None]:
    """Give what is said of an object of this name, and how long it lives."""
    fields: dict[str, Any] = {**settings}
    expires = fields.pop("expires", None)
    return ObjectMeta(name, **fields), expires


def described_again(
    info: ObjectInfo, name: str, settings: ObjectSettings
) -> tuple[ObjectMeta, timedelta | float | None]:
    """Give what is said of an object that is written again: what was said before, but for these settings."""
    fields: dict[str, Any] = {**settings}
    left = None if info.expires is None else max(info.expires - datetime.now(UTC), timedelta(seconds=1))
    expires = fields.pop("expires", left)
    return replace(info.meta, name=name, **fields), expires
