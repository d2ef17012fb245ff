"""Pushing objects in."""

from __future__ import annotations

import gc
import gzip
import io
import shutil
import tarfile
import zipfile

import pytest
from conftest import holds_only

import jetblob
import jetblob.sync

WHOLE = bytes(range(256)) * 4096 * 3 + b"end"


class OursError(Exception):
    """An exception of the caller's."""


async def test_an_upload_is_committed_at_the_end(bucket: jetblob.Bucket) -> None:
    """Not before; and its info is there then."""
    told: list[int] = []
    async with bucket.upload("a", progress=told.append) as upload:
        assert await upload.write(WHOLE) == len(WHOLE)
        assert await upload.write(bytearray(b"more")) == 4
        with pytest.raises(jetblob.NotFoundError):
            await bucket.info("a")
    assert upload.info is not None
    assert upload.info.size == len(WHOLE) + 4
    assert told == [len(WHOLE), len(WHOLE) + 4]
    assert await bucket.get_bytes("a") == WHOLE + b"more"
    with pytest.raises(jetblob.ClosedError):
        await upload.write(b"late")
    with pytest.raises(jetblob.ClosedError):
        await upload.finish()


async def test_an_exception_aborts(bucket: jetblob.Bucket, url: str) -> None:
    """The old object stays, and nothing else is left."""
    await bucket.put_string("a", "old")
    with pytest.raises(OursError):
        async with bucket.upload("a") as upload:
            await upload.write(WHOLE)
            raise OursError
    assert await bucket.get_string("a") == "old"
    await holds_only(url, bucket, "a")


async def test_what_is_dropped_is_given_up(bucket: jetblob.Bucket, url: str) -> None:
    """Not committed, as a file would be."""
    upload = bucket.upload("a")
    await upload.write(WHOLE)
    del upload
    gc.collect()
    await holds_only(url, bucket)


async def test_a_write_of_the_wrong_type(bucket: jetblob.Bucket, sync_bucket: jetblob.sync.Bucket) -> None:
    """It is a TypeError, and the upload goes on."""
    upload = bucket.upload("a")
    with pytest.raises(TypeError, match="data"):
        await upload.write("text")  # type: ignore[arg-type]
    await upload.write(b"bytes")
    assert (await upload.finish()).size == 5
    with sync_bucket.upload("a") as file, pytest.raises(TypeError, match="data"):
        file.write("text")  # type: ignore[arg-type]


async def test_a_write_says_why_the_put_failed(bucket: jetblob.Bucket) -> None:
    """As soon as it has."""
    upload = bucket.upload("")
    with pytest.raises(jetblob.InvalidNameError):
        while True:
            await upload.write(b"a")
    with pytest.raises(jetblob.InvalidNameError):
        await upload.finish()


def test_a_file_that_is_open_for_writing(sync_bucket: jetblob.sync.Bucket) -> None:
    """Whatever writes to a file writes to an upload."""
    with sync_bucket.upload("copied") as upload:
        shutil.copyfileobj(io.BytesIO(WHOLE), upload)
        assert upload.tell() == len(WHOLE)
        assert upload.writable()
        assert not upload.readable()
        assert not upload.seekable()
    assert upload.closed
    assert upload.info is not None
    assert sync_bucket.get_bytes("copied") == WHOLE

    with sync_bucket.upload("a.zip") as upload, zipfile.ZipFile(upload, "w") as archive:
        archive.writestr("whole", WHOLE)
    with sync_bucket.upload("a.tar.gz") as upload, tarfile.open(fileobj=upload, mode="w|gz") as tar:
        member = tarfile.TarInfo("whole")
        member.size = len(WHOLE)
        tar.addfile(member, io.BytesIO(WHOLE))
    with sync_bucket.upload("a.gz") as upload, gzip.open(upload, "wb") as file:
        file.write(WHOLE)
    with sync_bucket.upload("a.txt") as upload, io.TextIOWrapper(upload, encoding="utf-8") as text:
        text.write("grüße\n")

    with sync_bucket.get("a.zip") as object, zipfile.ZipFile(object) as archive:
        assert archive.read("whole") == WHOLE
    with sync_bucket.get("a.tar.gz") as object, tarfile.open(fileobj=object, mode="r:gz") as tar:
        whole = tar.extractfile("whole")
        assert whole is not None
        assert whole.read() == WHOLE
    with sync_bucket.get("a.gz") as object, gzip.open(object) as unpacked:
        assert unpacked.read() == WHOLE
    assert sync_bucket.get_string("a.txt") == "grüße\n"


async def test_a_file_is_committed_only_when_it_is_closed_cleanly(url: str, name: str) -> None:
    """Not by an exception, not by being dropped, not after an abort."""
    with jetblob.sync.Store.open(url) as store:
        bucket = store.create_bucket(name)
        bucket.put_string("a", "old")
        with pytest.raises(OursError), bucket.upload("a") as upload:
            upload.write(WHOLE)
            raise OursError
        assert upload.closed
        with pytest.raises(KeyboardInterrupt), bucket.upload("a") as upload:
            upload.write(WHOLE)
            raise KeyboardInterrupt
        upload = bucket.upload("a")
        upload.write(WHOLE)
        with pytest.warns(ResourceWarning, match="nothing of it is stored"):
            del upload
        upload = bucket.upload("a")
        upload.write(WHOLE)
        upload.abort()
        upload.close()
        with pytest.raises(ValueError, match="closed"):
            upload.write(b"late")
        assert bucket.get_string("a") == "old"
        upload = bucket.upload("a")
        upload.write(b"new")
        upload.close()
        upload.close()
        assert bucket.get_string("a") == "new"
    async with jetblob.Store.open(url) as same:
        await holds_only(url, await same.bucket(name), "a")
