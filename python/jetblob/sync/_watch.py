"""Changes of a bucket, as they are made."""

from __future__ import annotations

from jetblob._watch import WatchEvent

from ._items import Items


class Watch(Items[WatchEvent]):
    """The changes of a bucket, see ``Bucket.watch``. ``close``, on any thread, ends it."""
