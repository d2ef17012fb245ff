"""The examination of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetblob._finding import Finding

from ._items import Items

if TYPE_CHECKING:
    from jetblob import CheckReport, _native


class Check(Items[Finding]):
    """The findings of an examination, see ``Bucket.check``. ``close``, on any thread, ends it."""

    def __init__(self, native: _native.Check) -> None:
        super().__init__(native.begin())
        self._check = native

    @property
    def report(self) -> CheckReport:
        """What was examined so far; of the whole bucket, once there are no more findings."""
        return self._check.report()
