"""Changes of a bucket, as they are made."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, TypeAlias

from ._info import ObjectInfo
from ._items import Items

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Self


class CaughtUp(enum.Enum):
    """The type of :data:`CAUGHT_UP`."""

    CAUGHT_UP = "caught up"


CAUGHT_UP: Final = CaughtUp.CAUGHT_UP
"""All that was there when a watch began has been told; what follows is new."""

WatchEvent: TypeAlias = ObjectInfo | CaughtUp
"""What a watch tells: an object that was written or deleted, or once :data:`CAUGHT_UP`."""


class Watch(Items[WatchEvent]):
    """The changes of a bucket, see ``Bucket.watch``. ``await`` it, or enter it, to begin now."""

    def __await__(self) -> Generator[object, None, Self]:
        return self._start().__await__()

    async def _start(self) -> Self:
        await self._begun()
        return self
