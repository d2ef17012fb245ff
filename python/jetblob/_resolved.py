"""What became of a write whose answer never came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .errors import InvalidArgumentError, JetblobError, UnknownError

if TYPE_CHECKING:
    from ._info import ObjectInfo


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of a write that failed with :class:`~jetblob.errors.UnknownError`."""

    outcome: Literal["committed", "not_committed", "changed"]
    """``committed``: it took effect, and what it wrote is what stands there. ``not_committed``: it took no effect.
    ``changed``: something was written since, and nobody can tell any more whether it stood there in between."""
    info: ObjectInfo | None
    """What is there now, where that is told: if it was committed, or changed into something."""


def of_unknown(error: JetblobError) -> UnknownError:
    """Refuse any other error."""
    if isinstance(error, UnknownError):
        return error
    if isinstance(error, JetblobError):
        raise InvalidArgumentError(f"invalid error to resolve: its code is {error.code}, not unknown")
    raise TypeError(f"an UnknownError is resolved, not {type(error).__name__}")
