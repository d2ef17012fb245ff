"""What is listed or watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from jetblob import _native

T = TypeVar("T")


class Items(Iterator[T], Generic[T]):
    """An iterator. See :class:`jetblob.Items`."""

    def __init__(self, native: _native.Items[T]) -> None:
        self._native = native
        self._batch: Iterator[T | BaseException] = iter(())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        while True:
            for item in self._batch:
                if isinstance(item, BaseException):
                    raise item
                return item
            batch = self._native.next_batch().wait()
            if batch is None:
                raise StopIteration
            self._batch = iter(batch)

    def close(self) -> None:
        """End it, at the server too. Who waits for an item gets none."""
        self._batch = iter(())
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()
