"""What is listed or watched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import TracebackType
    from typing import Self

    from . import _native

T = TypeVar("T")


class Items(AsyncIterator[T], Generic[T]):
    """An asynchronous iterator that begins when it is first asked.

    An error that is about one item only, as of a record that makes no sense, doesn't end it: the next ``anext`` gives
    the item after. To be dropped, or left by ``break``, ends it, at the server too.
    """

    def __init__(self, begin: Callable[[], Awaitable[_native.Items[T]]]) -> None:
        self._begin = begin
        self._native: _native.Items[T] | None = None
        self._batch: Iterator[T | BaseException] = iter(())
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._batch:
                if isinstance(item, BaseException):
                    raise item
                return item
            if self._closed:
                raise StopAsyncIteration
            batch = await (await self._begun()).next_batch().run()
            if batch is None:
                raise StopAsyncIteration
            self._batch = iter(batch)

    async def _begun(self) -> _native.Items[T]:
        if self._native is None:
            self._native = await self._begin()
        return self._native

    def close(self) -> None:
        """End it, at the server too. Who waits for an item gets none."""
        self._closed, self._batch = True, iter(())
        if self._native is not None:
            self._native.close()

    async def __aenter__(self) -> Self:
        await self._begun()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()
