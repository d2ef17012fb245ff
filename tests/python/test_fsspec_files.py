"""The files of the file system: what is told of them, reading and writing."""

from __future__ import annotations

import gc
import os
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from file_system import left, sync_bucket

import jetblob
import jetblob.sync
from jetblob.fsspec import JetblobFileSystem


def test_an_entry_tells_what_the_store_tells(fs: JetblobFileSystem, fs_path: str) -> None:
    """Alone, in a list, and of a file that is open."""
    said: dict[str, Any] = {
        "description": "d",
        "headers": {"A": "b"},
        "metadata": {"m": "n"},
        "expires": 3600,
    }
    fs.pipe(f"{fs_path}/a", b"12345", **said)
    info = sync_bucket(fs, fs_path).info("a")
    told = fs.info(f"{fs_path}/a")
    assert told == {
        "name": f"{fs_path}/a",
        "size": 5,
        "type": "file",
        "mtime": info.mtime,
        "etag": info.nuid,
        "digest": info.digest,
        "revision": info.revision,
        "expires": info.expires,
        "description": "d",
        "headers": {"A": ["b"]},
        "metadata": {"m": "n"},
    }
    assert info.expires is not None
    assert fs.ls(fs_path) == [told]
    assert fs.find(fs_path, detail=True) == {f"{fs_path}/a": told}
    assert fs.open(f"{fs_path}/a").details == told
    assert fs.modified(f"{fs_path}/a") == info.mtime
    with fs.open(f"{fs_path}/b", "wb", **said) as file:
        file.write(b"12345")
    opened = fs.info(f"{fs_path}/b")
    assert [opened[key] for key in ("description", "headers", "metadata")] == ["d", {"A": ["b"]}, {"m": "n"}]
    assert opened["expires"] is not None


def test_a_link_is_what_it_leads_to(fs: JetblobFileSystem, fs_path: str) -> None:
    """Or leads nowhere, and says so."""
    bucket = sync_bucket(fs, fs_path)
    bucket.add_link("link", bucket.put("a", b"12345"))
    bucket.add_link("broken", bucket.put("b", b"1"))
    bucket.delete("b")
    bucket.add_bucket_link("all", bucket)
    told = {entry["name"].rpartition("/")[2]: entry for entry in fs.ls(fs_path)}
    assert {name: entry["type"] for name, entry in told.items()} == {
        "a": "file", "link": "file", "broken": "link", "all": "other",
    }  # fmt: skip
    assert (told["link"]["size"], told["link"]["destination"]) == (5, f"{fs_path}/a")
    assert fs.cat(f"{fs_path}/link") == b"12345"
    with fs.open(f"{fs_path}/link") as file:
        assert file.read() == b"12345"
    with pytest.raises(FileNotFoundError):
        fs.open(f"{fs_path}/broken")
    assert not fs.isfile(f"{fs_path}/broken")
    with pytest.raises(IsADirectoryError):
        fs.open(f"{fs_path}/all")
    fs.rm(f"{fs_path}/link")
    assert fs.exists(f"{fs_path}/a")


def test_ranges_are_as_of_bytes(fs: JetblobFileSystem, fs_path: str) -> None:
    """Whatever their ends are, the bytes of the object with that slice."""
    body = bytes(range(100))
    fs.pipe(f"{fs_path}/a", body)
    ends = [None, 0, 1, 50, 99, 100, 101, 500, -1, -50, -100, -500]
    for start in ends:
        for end in ends:
            assert fs.cat_file(f"{fs_path}/a", start, end) == body[start:end], (start, end)
    assert fs.cat_ranges([f"{fs_path}/a"] * 2, [0, 90], [10, 200]) == [body[:10], body[90:]]
    assert fs.head(f"{fs_path}/a", 3) == body[:3]
    assert fs.tail(f"{fs_path}/a", 3) == body[-3:]
    fs.pipe(f"{fs_path}/empty", b"")
    assert fs.cat_file(f"{fs_path}/empty") == fs.cat_file(f"{fs_path}/empty", -5, None) == b""


@pytest.mark.parametrize("cache_type", ["readahead", "none", "bytes", "blockcache", "first", "background"])
def test_a_file_is_read_in_any_order(fs: JetblobFileSystem, fs_path: str, cache_type: str) -> None:
    """With any of fsspec's caches."""
    body = os.urandom(3_000_000)
    fs.pipe(f"{fs_path}/a", body)
    with fs.open(f"{fs_path}/a", cache_type=cache_type, block_size=300_000) as file:
        assert file.size == len(body)
        for offset, size in [
            (0, 10),
            (10, 500_000),
            (2_999_990, 100),
            (1_000_000, 1_000_000),
            (2_000_000, 7),
            (0, 1),
        ]:
            file.seek(offset)
            assert file.read(size) == body[offset : offset + size]
            assert file.tell() == min(offset + size, len(body))
        file.seek(0)
        assert file.read() == body
        assert file.read() == b""
    assert file.closed


def test_a_whole_read_is_verified(local_url: str, name: str) -> None:
    """A file that was damaged in the store is not handed out to its end."""
    fs, fs_path = JetblobFileSystem(local_url), name
    fs.mkdir(fs_path)
    fs.pipe(f"{fs_path}/a", bytes(1_000_000))
    # A blob is committed in the one, and moved to the other.
    kept = [Path(local_url) / f"b.{fs_path}" / directory for directory in ("objects", "tmp")]
    (file,) = [file for directory in kept for file in directory.rglob("*") if file.is_file()]
    with file.open("r+b") as damaged:
        damaged.seek(500_000)
        damaged.write(b"x")
    with fs.open(f"{fs_path}/a", block_size=100_000) as opened:
        for _ in range(2):  # and not to who tries again
            with pytest.raises(jetblob.DigestMismatchError):
                while opened.read(100_000):
                    pass
    with pytest.raises(jetblob.DigestMismatchError):
        fs.cat(f"{fs_path}/a")


def test_a_file_that_is_replaced_while_it_is_open(fs: JetblobFileSystem, fs_path: str) -> None:
    """Never gives a mixture, nor does a copy of it in another process."""
    fs.pipe(f"{fs_path}/a", b"a" * 2_000_000)
    file = fs.open(f"{fs_path}/a", cache_type="none")
    assert file.read(10) == b"a" * 10
    copy = pickle.loads(pickle.dumps(file))
    assert copy.read(10) == b"a" * 10
    fs.pipe(f"{fs_path}/a", b"b" * 2_000_000)
    for opened in (file, copy, pickle.loads(pickle.dumps(file))):
        opened.seek(1_000_000)
        with pytest.raises(jetblob.ObjectChangedError):
            opened.read(10)


def test_an_exception_leaves_the_old_object(fs: JetblobFileSystem, fs_path: str) -> None:
    """And nothing of the new one."""
    fs.pipe(f"{fs_path}/a", b"old")

    def interrupted() -> None:
        with fs.open(f"{fs_path}/a", "wb") as file:
            file.write(b"x" * 1_000_000)
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert fs.cat(f"{fs_path}/a") == b"old"
    left(fs, fs_path, "a")


@pytest.mark.parametrize("compression", ["gzip", "bz2", "xz", "infer"])
@pytest.mark.parametrize("mode", ["wb", "wt"])
def test_what_is_compressed_is_stored(
    fs: JetblobFileSystem, fs_path: str, compression: str, mode: str
) -> None:
    """When it is closed, as bytes and as text; nothing of it is, when there is an exception."""
    path = f"{fs_path}/a.gz"
    text = "a line\n" * 100_000
    with fs.open(path, mode, compression=compression) as file:
        file.write(text if mode == "wt" else text.encode())
    with fs.open(path, "rt", compression=compression) as file:
        assert file.read() == text

    def interrupted() -> None:
        with fs.open(path, mode, compression=compression) as file:
            file.write(text if mode == "wt" else text.encode())
            raise KeyError

    before = fs.cat(path)
    with pytest.raises(KeyError):
        interrupted()
    gc.collect()
    assert fs.cat(path) == before
    left(fs, fs_path, "a.gz")


def test_an_exception_in_text_leaves_the_old_object(fs: JetblobFileSystem, fs_path: str) -> None:
    """And text that is dropped, too."""
    fs.pipe(f"{fs_path}/a", b"old")

    def interrupted() -> None:
        with fs.open(f"{fs_path}/a", "w") as file:
            file.write("half")
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    fs.open(f"{fs_path}/a", "w").write("half")
    gc.collect()
    assert fs.cat(f"{fs_path}/a") == b"old"
    left(fs, fs_path, "a")


def test_a_file_that_is_dropped_says_that_nothing_is_stored(fs: JetblobFileSystem, fs_path: str) -> None:
    """Other files would be closed, and hold what there was by then."""
    file = fs.open(f"{fs_path}/a", "wb")
    file.write(b"half")
    with pytest.warns(ResourceWarning, match="nothing of it is stored"):
        del file
    assert not fs.exists(f"{fs_path}/a")


def test_a_transaction_shows_nothing_before_its_end(
    fs: JetblobFileSystem, fs_path: str, tmp_path: Path
) -> None:
    """Whatever it was written by."""
    (tmp_path / "file").write_bytes(b"file")
    with fs.transaction:
        with fs.open(f"{fs_path}/opened", "wb") as file:
            file.write(b"opened")
        with fs.open(f"{fs_path}/text", "w") as text:
            text.write("text")
        fs.pipe(f"{fs_path}/piped", b"piped", description="d")
        fs.put(str(tmp_path / "file"), f"{fs_path}/put")
        assert fs.ls(fs_path) == []
    assert fs.cat(fs.find(fs_path)) == {
        f"{fs_path}/{name}": content.encode()
        for name, content in {"opened": "opened", "text": "text", "piped": "piped", "put": "file"}.items()
    }
    assert fs.info(f"{fs_path}/piped")["description"] == "d"
    fs.pipe(f"{fs_path}/after", b"")
    assert fs.exists(f"{fs_path}/after")
    with fs.transaction:
        late = fs.open(f"{fs_path}/late", "wb")
        late.close()
        with pytest.raises(ValueError, match="closed"):
            late.write(b"x")


def test_a_transaction_that_fails_leaves_nothing(fs: JetblobFileSystem, fs_path: str) -> None:
    """Not even bytes that nobody names."""

    def fail() -> None:
        with fs.transaction:
            fs.pipe(f"{fs_path}/piped", b"x" * 1_000_000)
            with fs.open(f"{fs_path}/opened", "wb") as file:
                file.write(b"x" * 1_000_000)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert fs.find(fs_path) == []
    left(fs, fs_path)
    fs.pipe(f"{fs_path}/a", b"")
    assert fs.exists(f"{fs_path}/a")


def test_of_exclusive_writes_one_succeeds(fs: JetblobFileSystem, fs_path: str) -> None:
    """However late the other one comes."""
    first, second = fs.open(f"{fs_path}/a", "xb"), fs.open(f"{fs_path}/a", "xb")
    first.write(b"first")
    second.write(b"second")
    second.close()
    with pytest.raises(FileExistsError):
        first.close()
    assert fs.cat(f"{fs_path}/a") == b"second"
    with pytest.raises(FileExistsError):
        fs.put_file(__file__, f"{fs_path}/a", mode="create")


def test_append(fs: JetblobFileSystem, fs_path: str) -> None:
    """Goes on after what is there, and keeps what was said of it; nobody else's write is lost."""
    for line in (b"one\n", b"two\n"):
        with fs.open(f"{fs_path}/log", "ab") as file:
            file.write(line)
            assert file.tell() == (4 if line == b"one\n" else 8)
    assert fs.cat(f"{fs_path}/log") == b"one\ntwo\n"
    fs.pipe(f"{fs_path}/told", b"a", description="kept", headers={"A": "b"}, expires=3600)
    with fs.open(f"{fs_path}/told", "ab", metadata={"m": "n"}) as file:
        file.write(b"b")
    told = fs.info(f"{fs_path}/told")
    assert (told["description"], told["headers"], told["metadata"]) == ("kept", {"A": ["b"]}, {"m": "n"})
    assert timedelta(0) < told["expires"] - datetime.now(UTC) <= timedelta(hours=1)
    late = fs.open(f"{fs_path}/log", "ab")
    fs.pipe(f"{fs_path}/log", b"other")
    with pytest.raises(jetblob.ConflictError):
        late.close()
    assert fs.cat(f"{fs_path}/log") == b"other"
