"""Objects of any size in NATS JetStream Object Store buckets, or in a local directory.

This package is asynchronous; :mod:`jetblob.sync` is the same, blocking. Errors are in :mod:`jetblob.errors`.

>>> async def main(url):  # a directory, or "nats://127.0.0.1:4222"
...     async with jetblob.Store.open(url) as store:
...         bucket = await store.create_bucket("photos")
...         await bucket.put_string("greeting.txt", "hello")
...         print(await bucket.get_string("greeting.txt"))
>>> asyncio.run(main(directory))
hello
"""

from . import errors
from ._bucket import Bucket, Consistency
from ._bucket_config import BucketConfig, Placement, Storage
from ._bucket_status import BucketStatus
from ._check import Check
from ._finding import CheckLevel, CheckReport, Finding, FindingKind
from ._gc import GcReport, Orphan
from ._info import ObjectInfo
from ._items import Items
from ._meta import Link, ObjectMeta
from ._native import __version__
from ._object import Object
from ._resolved import Resolved
from ._store import Store
from ._store_options import StoreOptions
from ._upload import Upload
from ._watch import CAUGHT_UP, CaughtUp, Watch, WatchEvent
from .errors import *  # noqa: F403

__all__ = [
    "CAUGHT_UP",
    "Bucket",
    "BucketConfig",
    "BucketStatus",
    "CaughtUp",
    "Check",
    "CheckLevel",
    "CheckReport",
    "Consistency",
    "Finding",
    "FindingKind",
    "GcReport",
    "Items",
    "Link",
    "Object",
    "ObjectInfo",
    "ObjectMeta",
    "Orphan",
    "Placement",
    "Resolved",
    "Storage",
    "Store",
    "StoreOptions",
    "Upload",
    "Watch",
    "WatchEvent",
    "__version__",
    "errors",
]
__all__ += errors.__all__
