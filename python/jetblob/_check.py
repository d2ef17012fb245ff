"""The examination of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._finding import Finding
from ._items import Items

if TYPE_CHECKING:
    from . import _native
    from ._finding import CheckReport


class Check(Items[Finding]):
    """The findings of an examination, see ``Bucket.check``. It begins when it is first asked."""

    def __init__(self, native: _native.Check) -> None:
        async def begin() -> _native.Items[Finding]:
            return native.begin()

        super().__init__(begin)
        self._check = native

    @property
    def report(self) -> CheckReport:
        """What was examined so far; of the whole bucket, once there are no more findings."""
        return self._check.report()
