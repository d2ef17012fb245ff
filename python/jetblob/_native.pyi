"""The native part: what the classes of this package delegate to."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar, final

from typing_extensions import Buffer

from ._bucket_config import BucketConfig
from ._bucket_status import BucketStatus
from ._finding import CheckReport, Finding
from ._gc import GcReport
from ._info import ObjectInfo
from ._meta import ObjectMeta
from ._watch import WatchEvent
from .errors import UnknownError

_T = TypeVar("_T")

__all__ = [
    "Bucket",
    "Call",
    "Check",
    "Download",
    "Items",
    "Store",
    "Upload",
    "__version__",
    "main",
    "open",
]

__version__: str

def open(url: str | None, context: str | None, options: dict[str, Any]) -> Call[Store]: ...
def main(args: list[str]) -> int: ...

@final
class Call(Generic[_T]):
    async def run(self) -> _T: ...
    def wait(self) -> _T: ...

@final
class Items(Generic[_T]):
    def next_batch(self) -> Call[list[_T | BaseException] | None]: ...
    def close(self) -> None: ...

@final
class Check:
    def begin(self) -> Items[Finding]: ...
    def report(self) -> CheckReport: ...

@final
class Store:
    def create_bucket(self, config: BucketConfig) -> Call[Bucket]: ...
    def update_bucket(self, config: BucketConfig) -> Call[Bucket]: ...
    def create_or_update_bucket(self, config: BucketConfig) -> Call[Bucket]: ...
    def bucket(self, name: str) -> Call[Bucket]: ...
    def delete_bucket(self, name: str) -> Call[None]: ...
    def bucket_names(self) -> Items[str]: ...
    def buckets(self) -> Items[BucketStatus]: ...
    def suspend(self) -> Call[None]: ...
    def resume(self) -> None: ...
    def close(self) -> Call[None]: ...

@final
class Bucket:
    @property
    def name(self) -> str: ...
    def status(self) -> Call[BucketStatus]: ...
    def seal(self) -> Call[BucketStatus]: ...
    def put_bytes(
        self,
        meta: ObjectMeta | str,
        data: bytes,
        if_absent: bool,
        if_revision: int | None,
        expires: timedelta | float | None,
        progress: Callable[[int], object] | None,
    ) -> Call[ObjectInfo]: ...
    def put_file(
        self,
        meta: ObjectMeta | str,
        path: str | os.PathLike[str],
        if_absent: bool,
        if_revision: int | None,
        expires: timedelta | float | None,
        progress: Callable[[int], object] | None,
    ) -> Call[ObjectInfo]: ...
    def upload(
        self,
        meta: ObjectMeta | str,
        if_absent: bool,
        if_revision: int | None,
        expires: timedelta | float | None,
    ) -> Upload: ...
    def get(
        self,
        name: str,
        range: slice | None,
        show_deleted: bool,
        consistency: str,
        ignore_digest: bool,
    ) -> Call[Download]: ...
    def get_bytes(
        self,
        name: str,
        range: slice | None,
        show_deleted: bool,
        consistency: str,
        ignore_digest: bool,
    ) -> Call[bytes]: ...
    def get_string(
        self,
        name: str,
        range: slice | None,
        show_deleted: bool,
        consistency: str,
        ignore_digest: bool,
    ) -> Call[str]: ...
    def get_file(
        self,
        name: str,
        path: str | os.PathLike[str],
        range: slice | None,
        show_deleted: bool,
        consistency: str,
        ignore_digest: bool,
        progress: Callable[[int], object] | None,
    ) -> Call[ObjectInfo]: ...
    def info(self, name: str, show_deleted: bool, consistency: str) -> Call[ObjectInfo]: ...
    def update_meta(self, name: str, meta: ObjectMeta | str, if_revision: int | None) -> Call[ObjectInfo]: ...
    def rename(self, name: str, new_name: str, if_revision: int | None) -> Call[ObjectInfo]: ...
    def delete(self, name: str, if_revision: int | None) -> Call[ObjectInfo]: ...
    def purge(self, name: str, if_revision: int | None) -> Call[None]: ...
    def add_link(
        self, meta: ObjectMeta | str, target: ObjectInfo, if_absent: bool, if_revision: int | None
    ) -> Call[ObjectInfo]: ...
    def add_bucket_link(
        self, meta: ObjectMeta | str, target: Bucket, if_absent: bool, if_revision: int | None
    ) -> Call[ObjectInfo]: ...
    def list(self, prefix: str, show_deleted: bool) -> Items[ObjectInfo]: ...
    def watch(
        self,
        prefix: str,
        include_history: bool,
        ignore_deletes: bool,
        updates_only: bool,
        after: int | None,
    ) -> Call[Items[WatchEvent]]: ...
    def resolve(self, error: UnknownError) -> Call[tuple[Any, ObjectInfo | None]]: ...
    def check(
        self,
        level: str | None,
        subset: str | int | None,
        seed: int,
        grace: timedelta | float | None,
    ) -> Check: ...
    def gc(self, grace: timedelta | float | None, dry_run: bool) -> Call[GcReport]: ...

@final
class Download:
    @property
    def info(self) -> ObjectInfo: ...
    @property
    def range(self) -> tuple[int, int]: ...
    @property
    def is_verified(self) -> bool: ...
    @property
    def position(self) -> int: ...
    def at_hand(self, max: int) -> bytes | None: ...
    def read(self, max: int) -> Call[bytes]: ...
    def readinto(self, buffer: Buffer) -> int: ...
    def seek(self, position: int) -> Call[None]: ...
    def read_into_file(
        self, path: str | os.PathLike[str], progress: Callable[[int], object] | None
    ) -> Call[ObjectInfo]: ...
    def close(self) -> None: ...

@final
class Upload:
    def write(self, data: bytes) -> Call[None]: ...
    def finish(self) -> Call[ObjectInfo]: ...
    def abort(self) -> Call[None]: ...
    def drop(self) -> None: ...
