"""Writing to a file system."""

from __future__ import annotations

import errno
import os
from asyncio import to_thread
from contextlib import aclosing, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fsspec.callbacks import DEFAULT_CALLBACK

from jetblob._body import async_pieces, buffer
from jetblob.errors import NotFoundError

from ._path import split_file
from ._reads import Reads
from ._settings import ObjectSettings, described, described_again
from ._writing import WritingFile, exclusive

if TYPE_CHECKING:
    from fsspec.callbacks import Callback
    from typing_extensions import Buffer, Unpack

    from jetblob import Bucket, ObjectInfo, Upload


class Writes(Reads):
    """Writing objects, at once or at the end of a transaction."""

    async def _pipe_file(
        self, path: str, value: Buffer, mode: str = "overwrite", **settings: Unpack[ObjectSettings]
    ) -> None:
        value = buffer(value, "value")
        await self._stored(self._strip_protocol(path), value, mode, DEFAULT_CALLBACK, **settings)

    async def _put_file(
        self,
        lpath: str,
        rpath: str,
        mode: str = "overwrite",
        callback: Callback = DEFAULT_CALLBACK,
        **settings: Unpack[ObjectSettings],
    ) -> None:
        path = self._strip_protocol(rpath)
        size = await to_thread(_size, lpath)
        if size is None:
            await self._makedirs(path, exist_ok=True)
        else:
            callback.set_size(size)
            await self._stored(path, Path(lpath), mode, callback, **settings)

    async def _stored(
        self,
        path: str,
        body: Buffer | Path,
        mode: str,
        callback: Callback,
        **settings: Unpack[ObjectSettings],
    ) -> None:
        if mode not in {"overwrite", "create"}:
            raise ValueError(f"mode must be overwrite or create, not {mode!r}")
        create = mode == "create"
        if self._intrans:
            await self._deferred(path, body, "xb" if create else "wb", callback, **settings)
            return
        bucket, name = split_file(path)
        meta, expires = described(name, settings)
        progress = callback.absolute_update

        async def put(bucket: Bucket) -> ObjectInfo:
            return await bucket.put(meta, body, if_absent=create, expires=expires, progress=progress)

        with exclusive(path, create):
            await self._on(bucket, put)

    async def _deferred(
        self,
        path: str,
        body: Buffer | Path,
        mode: str,
        callback: Callback,
        **settings: Unpack[ObjectSettings],
    ) -> None:
        upload = await self._begun(path, mode, **settings)
        with body.open("rb") if isinstance(body, Path) else nullcontext(body) as source:
            async with aclosing(async_pieces(source)) as pieces:
                async for piece in pieces:
                    await upload.write(piece)
                    callback.absolute_update(upload._written)
        self.transaction.files.append(WritingFile(self, path, upload, mode=mode, autocommit=False))

    async def _begun(self, path: str, mode: str, **settings: Unpack[ObjectSettings]) -> Upload:
        if mode not in {"wb", "xb", "ab"}:
            raise ValueError(f"mode must be rb, wb, xb or ab, not {mode!r}")
        name = split_file(path)[1]
        bucket = await self._existing(split_file(path)[0])
        meta, expires = described(name, settings)
        old = None
        if mode != "wb":
            with suppress(NotFoundError):
                old = await bucket.info(name)
        if old is None:
            return bucket.upload(meta, if_absent=mode != "wb", expires=expires)
        if mode == "xb":
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        if old.link is not None:
            raise OSError(errno.EINVAL, "a link can't be appended to", path)
        meta, expires = described_again(old, name, settings)
        upload = bucket.upload(meta, if_revision=old.revision, expires=expires)
        async with bucket.get(name) as before:
            async for chunk in before:
                await upload.write(chunk)
        return upload


def _size(path: str) -> int | None:
    file = Path(path)
    return None if file.is_dir() else file.stat().st_size
