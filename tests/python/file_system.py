"""What the tests of the file system do beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conftest import holds_only

import jetblob
import jetblob.sync

if TYPE_CHECKING:
    from jetblob.fsspec import JetblobFileSystem


def where(fs: JetblobFileSystem) -> str:
    return str(fs.storage_args[0])


def written(fs: JetblobFileSystem, directory: str, *names: str) -> None:
    for name in names:
        fs.pipe(f"{directory}/{name}", name.encode())


def sync_bucket(fs: JetblobFileSystem, name: str) -> jetblob.sync.Bucket:
    return jetblob.sync.Store.open(where(fs)).bucket(name)


def left(fs: JetblobFileSystem, bucket: str, *names: str) -> None:
    async def look() -> None:
        async with jetblob.Store.open(where(fs)) as store:
            await holds_only(where(fs), await store.bucket(bucket), *names)

    asyncio.run(look())
