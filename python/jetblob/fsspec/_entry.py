"""What fsspec is told of a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsspec.asyn import _run_coros_in_chunks

from jetblob.errors import BadMetaError, BucketNotFoundError, JetblobError, LinkLoopError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from jetblob import Bucket, Items, ObjectInfo

    from ._path import Entry


def directory(path: str) -> Entry:
    """Tell of a bucket or a directory."""
    return {"name": path, "size": 0, "type": "directory"}


def file(path: str, info: ObjectInfo) -> Entry:
    """Tell of an object."""
    return {
        "name": path,
        "size": info.size,
        "type": "file",
        "mtime": info.mtime,
        "etag": info.nuid,
        "digest": info.digest,
        "revision": info.revision,
        "expires": info.expires,
        "description": info.description,
        "headers": info.headers,
        "metadata": info.metadata,
    }


async def entry(bucket: Bucket, info: ObjectInfo) -> Entry:
    """Tell of an object, or of a link: what it leads to, as far as it leads anywhere."""
    path = f"{bucket.name}/{info.name}"
    if info.link is None:
        return file(path, info)
    leads = {"islink": True, "destination": "/".join(filter(None, [info.link.bucket, info.link.name]))}
    if info.link.name is None:
        return file(path, info) | leads | {"type": "other"}
    try:
        async with bucket.get(info.name, range=slice(0, 0)) as target:
            return file(path, target.info) | leads
    except (NotFoundError, BucketNotFoundError, LinkLoopError):
        return file(path, info) | leads | {"type": "link"}


async def entries(
    bucket: Bucket, items: list[ObjectInfo | BadMetaError], batch_size: int | None
) -> list[Entry]:
    """Tell of what was listed, links and all. An object whose record makes no sense has no size."""
    links = [entry(bucket, item) for item in items if not isinstance(item, BadMetaError) and item.link]
    # One whose target can't be read doesn't keep the others from being listed.
    led = await _run_coros_in_chunks(links, batch_size=batch_size, nofiles=True, return_exceptions=True)
    led = iter(led)
    told = []
    for item in items:
        path = f"{bucket.name}/{item.name}"
        if isinstance(item, BadMetaError):
            told.append({"name": path, "size": None, "type": "other"})
        elif item.link is None:
            told.append(file(path, item))
        elif isinstance(link := next(led), Exception):
            if isinstance(link, JetblobError) and link.retryable:
                raise link
            told.append(file(path, item) | {"type": "link", "islink": True})
        else:
            told.append(link)
    return told


async def each(items: Items[ObjectInfo]) -> AsyncGenerator[tuple[str, ObjectInfo | BadMetaError]]:
    """Go through a list to its end, whatever records make no sense; give each name, and what there is."""
    async with items:
        while True:
            try:
                info = await anext(items)
            except BadMetaError as error:
                if error.name is not None:
                    yield error.name, error
            except StopAsyncIteration:
                return
            else:
                yield info.name, info
