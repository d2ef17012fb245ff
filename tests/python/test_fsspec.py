"""Buckets as a file system: what fsspec expects of each, and what is ours."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import pickle
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from conftest import ENGINES, holds_only, place
from fsspec.callbacks import Callback
from fsspec.tests import abstract

import jetblob
import jetblob.sync
from jetblob.fsspec import JetblobFileSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module", params=ENGINES)
def fs(request: pytest.FixtureRequest) -> Iterator[JetblobFileSystem]:
    """Give the file system of an empty store."""
    with place(request.param) as url:
        yield JetblobFileSystem(url)


@pytest.fixture
def fs_path(fs: JetblobFileSystem, name: str) -> str:
    """Give an empty directory, a bucket."""
    fs.mkdir(name)
    return name


class Ours(abstract.AbstractFixtures):  # type: ignore[misc]
    @pytest.fixture
    def fs(self, fs: JetblobFileSystem) -> JetblobFileSystem:
        return fs

    @pytest.fixture
    def fs_path(self, fs_path: str) -> str:
        return fs_path

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return False


class TestCopy(abstract.AbstractCopyTests, Ours):  # type: ignore[misc]
    pass


class TestGet(abstract.AbstractGetTests, Ours):  # type: ignore[misc]
    pass


class TestPut(abstract.AbstractPutTests, Ours):  # type: ignore[misc]
    pass


class TestOpen(abstract.AbstractOpenTests, Ours):  # type: ignore[misc]
    pass


class TestPipe(abstract.AbstractPipeTests, Ours):  # type: ignore[misc]
    pass


def written(fs: JetblobFileSystem, directory: str, *names: str) -> None:
    for name in names:
        fs.pipe(f"{directory}/{name}", name.encode())


def sync_bucket(fs: JetblobFileSystem, name: str) -> jetblob.sync.Bucket:
    return jetblob.sync.Store.open(where(fs)).bucket(name)


def where(fs: JetblobFileSystem) -> str:
    return str(fs.storage_args[0])


def test_it_is_found_by_its_protocol(fs: JetblobFileSystem, fs_path: str) -> None:
    """Wherever fsspec is given a URL."""
    with fsspec.open(f"jetblob://{fs_path}/a/b.txt", "wt", store=where(fs)) as file:
        file.write("text")
    found, path = fsspec.core.url_to_fs(f"jetblob://{fs_path}/a/b.txt", store=where(fs))
    assert isinstance(found, JetblobFileSystem)
    assert found.cat(path) == b"text"
    cached = fsspec.open(f"simplecache::jetblob://{fs_path}/a/b.txt", "rt", jetblob={"store": where(fs)})
    with cached as file:
        assert file.read() == "text"


def test_slashes_make_directories(fs: JetblobFileSystem, fs_path: str) -> None:
    """As deep as names go; other slashes belong to the names."""
    written(fs, fs_path, "a", "d/b", "d/e/c", "x//y", "d2/f")
    assert fs.ls(fs_path, detail=False) == [f"{fs_path}/{name}" for name in ("a", "d", "d2", "x")]
    assert fs.ls(f"{fs_path}/d", detail=False) == [f"{fs_path}/d/b", f"{fs_path}/d/e"]
    assert fs.ls(f"{fs_path}/x", detail=False) == [f"{fs_path}/x//y"]
    assert fs.cat(f"{fs_path}/x//y") == b"x//y"
    assert fs.find(f"{fs_path}/d") == [f"{fs_path}/d/b", f"{fs_path}/d/e/c"]
    assert fs.find(fs_path, maxdepth=1) == [f"{fs_path}/a"]
    assert fs.find(fs_path, maxdepth=2, withdirs=True) == sorted(
        [fs_path, *(f"{fs_path}/{name}" for name in ("a", "d", "d/b", "d/e", "d2", "d2/f", "x", "x//y"))]
    )
    assert fs.glob(f"{fs_path}/d*/*") == [f"{fs_path}/d/b", f"{fs_path}/d/e", f"{fs_path}/d2/f"]
    assert fs.glob(f"{fs_path}/**/c") == [f"{fs_path}/d/e/c"]
    assert fs.isdir(f"{fs_path}/d/e")
    assert not fs.isdir(f"{fs_path}/a")
    assert fs.isfile(f"{fs_path}/a")
    assert fs.du(f"{fs_path}/d") == len("d/b") + len("d/e/c")
    walked = {path: (sorted(inner), sorted(files)) for path, inner, files in fs.walk(f"{fs_path}/d")}
    assert walked == {f"{fs_path}/d": (["e"], ["b"]), f"{fs_path}/d/e": ([], ["c"])}


def test_a_name_that_ends_in_a_slash_shows_as_a_directory(fs: JetblobFileSystem, fs_path: str) -> None:
    """Some write them as a sign of one."""
    sync_bucket(fs, fs_path).put_string("marked/", "")
    assert fs.ls(fs_path, detail=False) == [f"{fs_path}/marked"]
    assert fs.isdir(f"{fs_path}/marked")
    assert fs.ls(f"{fs_path}/marked") == []
    assert fs.find(fs_path) == []


def test_what_is_not_there(fs: JetblobFileSystem, fs_path: str) -> None:
    """Is a FileNotFoundError where it is asked for, and nothing where it is looked for."""
    for path in (
        f"{fs_path}/none",
        f"{fs_path}/none/at/all",
        "no-bucket",
        "no-bucket/a",
        "no.bucket/a",
        f"{fs_path}/{'x' * 2000}",
    ):
        assert not fs.exists(path)
        assert not fs.isfile(path)
        assert not fs.isdir(path)
        assert fs.find(path) == []
        with pytest.raises(FileNotFoundError):
            fs.info(path)
        with pytest.raises(FileNotFoundError):
            fs.ls(path)
        with pytest.raises(FileNotFoundError):
            fs.open(path)
        with pytest.raises(FileNotFoundError):
            fs.rm(path)
    with pytest.raises(FileNotFoundError):
        fs.cat(f"{fs_path}/none")
    with pytest.raises(FileNotFoundError):
        fs.cat_file(f"{fs_path}/none", 0, 0)
    with pytest.raises(FileNotFoundError):
        fs.pipe("no-bucket/a", b"a")
    with pytest.raises(FileNotFoundError):
        fs.open("no-bucket/a", "wb")


def test_a_bucket_or_a_directory_has_no_bytes(fs: JetblobFileSystem, fs_path: str) -> None:
    """Is said, not taken for an empty file."""
    written(fs, fs_path, "d/a")
    for path in (fs_path, f"{fs_path}/d"):
        for mode in ("rb", "r"):
            with pytest.raises(IsADirectoryError):
                fs.open(path, mode)
        with pytest.raises(IsADirectoryError):
            fs.rm(path)
    writes: list[Callable[[], object]] = [
        lambda: fs.pipe(fs_path, b""),
        lambda: fs.open(fs_path, "wb"),
        lambda: fs.open("", "wb"),
    ]
    for write in writes:
        with pytest.raises(IsADirectoryError):
            write()


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


def left(fs: JetblobFileSystem, bucket: str, *names: str) -> None:
    async def look() -> None:
        async with jetblob.Store.open(where(fs)) as store:
            await holds_only(where(fs), await store.bucket(bucket), *names)

    asyncio.run(look())


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


def test_moving_renames(fs: JetblobFileSystem, fs_path: str) -> None:
    """Inside a bucket no bytes move: they stay the same blob. Between buckets they are copied."""
    written(fs, fs_path, "d/a", "d/e/b", "taken", "c")
    nuid = fs.info(f"{fs_path}/d/a")["etag"]
    fs.mv(f"{fs_path}/d", f"{fs_path}/new", recursive=True)
    assert fs.find(fs_path) == [f"{fs_path}/{name}" for name in ("c", "new/a", "new/e/b", "taken")]
    assert fs.info(f"{fs_path}/new/a")["etag"] == nuid
    fs.mv(f"{fs_path}/new/a", f"{fs_path}/taken")
    assert fs.cat(f"{fs_path}/taken") == b"d/a"
    assert not fs.exists(f"{fs_path}/new/a")
    fs.mkdir(f"{fs_path}-2")
    fs.mv(f"{fs_path}/c", f"{fs_path}-2/")
    assert fs.find(f"{fs_path}-2") == [f"{fs_path}-2/c"]
    assert not fs.exists(f"{fs_path}/c")
    left(fs, fs_path, "taken", "new/e/b")


def test_a_copy_says_the_same(fs: JetblobFileSystem, fs_path: str) -> None:
    """Headers and all."""
    fs.pipe(f"{fs_path}/a", b"x" * 500_000, description="d", headers={"A": ["b", "c"]})
    fs.cp(f"{fs_path}/a", f"{fs_path}/b")
    same = ("size", "digest", "description", "headers")
    first, second = fs.info(f"{fs_path}/a"), fs.info(f"{fs_path}/b")
    assert [first[key] for key in same] == [second[key] for key in same]
    assert first["etag"] != second["etag"]


def test_buckets_are_directories(fs: JetblobFileSystem, fs_path: str) -> None:
    """Made, listed and removed like those."""
    with pytest.raises(FileExistsError):
        fs.mkdir(fs_path)
    fs.makedirs(fs_path, exist_ok=True)
    written(fs, fs_path, "a", "d/b")
    fs.makedirs(f"{fs_path}-2/a/b")
    with pytest.raises(FileNotFoundError):
        fs.mkdir(f"{fs_path}-3/a", create_parents=False)
    fs.mkdir(f"{fs_path}-4", description="d", ttl=3600)
    status = sync_bucket(fs, f"{fs_path}-4").status()
    assert (status.description, status.ttl) == ("d", timedelta(hours=1))
    written(fs, f"{fs_path}-2", "d/a")
    assert {fs_path, f"{fs_path}-2", f"{fs_path}-4"} <= set(fs.ls("", detail=False))
    assert f"{fs_path}-2/d/a" in fs.find("")
    assert f"{fs_path}-2/d" in fs.find("", maxdepth=2, withdirs=True)
    with pytest.raises(FileNotFoundError):
        fs.cp(fs_path, f"{fs_path}-5", recursive=True)
    with pytest.raises(OSError, match="not empty"):
        fs.rmdir(f"{fs_path}-2")
    fs.rm(f"{fs_path}-2/d", recursive=True)
    fs.rmdir(f"{fs_path}-2")
    written(fs, f"{fs_path}-4", "d/a")
    fs.rm(f"{fs_path}-4", recursive=True)
    fs.rmdir(f"{fs_path}-4")
    assert not {f"{fs_path}-2", f"{fs_path}-4"} & set(fs.ls("", detail=False))
    with pytest.raises(PermissionError):
        fs.rm("", recursive=True)
    assert fs.exists(fs_path)
    with pytest.raises(FileNotFoundError):
        fs.mv(f"{fs_path}/none", f"{fs_path}/other")


def test_a_bucket_that_was_made_again_is_found_again(fs: JetblobFileSystem, fs_path: str) -> None:
    """Whoever deleted it."""
    written(fs, fs_path, "a")
    with jetblob.sync.Store.open(where(fs)) as store:
        store.delete_bucket(fs_path)
        assert not fs.exists(fs_path)
        assert not fs.exists(f"{fs_path}/a")
        store.create_bucket(fs_path)
        for _ in range(2):
            written(fs, fs_path, "b")
            assert fs.find(fs_path) == [f"{fs_path}/b"]


def test_what_was_removed_is_not_there_any_more(fs: JetblobFileSystem, fs_path: str) -> None:
    """Also for who removes it again, and where there is a directory now."""
    written(fs, fs_path, "a", "d")
    fs.rm(f"{fs_path}/a")
    for remove in (fs.rm, fs.rm_file):
        with pytest.raises(FileNotFoundError):
            remove(f"{fs_path}/a")
    fs.rm(f"{fs_path}/d")
    written(fs, fs_path, "d/x")
    with pytest.raises(IsADirectoryError):
        fs.rm(f"{fs_path}/d")
    assert fs.exists(f"{fs_path}/d/x")


def test_a_tree_is_removed_with_all_that_is_in_it(fs: JetblobFileSystem, fs_path: str) -> None:
    """Also what no path can say; the bucket itself stays, as it was configured."""
    bucket = sync_bucket(fs, fs_path)
    written(fs, fs_path, "d/a", "d//b", "d2/c", "d")
    bucket.put_string("d/marked/", "")
    fs.rm(f"{fs_path}/d", recursive=True)
    assert [info.name for info in bucket.list()] == ["d2/c"]
    fs.rm(fs_path, recursive=True)
    assert list(bucket.list()) == []
    assert fs.exists(fs_path)


def test_a_directory_is_not_moved_by_halves(fs: JetblobFileSystem, fs_path: str) -> None:
    """Without recursive, or into itself, it is refused."""
    written(fs, fs_path, "d/a", "d/e/b")
    with pytest.raises(IsADirectoryError):
        fs.mv(f"{fs_path}/d", f"{fs_path}/d2")
    for move in (fs.mv, fs.cp):
        with pytest.raises(OSError, match="into itself"):
            move(f"{fs_path}/d", f"{fs_path}/d/d", recursive=True)
    assert fs.find(fs_path) == [f"{fs_path}/d/a", f"{fs_path}/d/e/b"]


def test_trees_are_whole_beside_a_writer(fs: JetblobFileSystem, fs_path: str) -> None:
    """Whatever is rewritten while they are copied."""
    names = [f"src/{number}" for number in range(20)]
    written(fs, fs_path, *names)
    done = threading.Event()

    def rewrite() -> None:
        bucket = sync_bucket(fs, fs_path)
        while not done.is_set():
            bucket.put_string("src/7", "again")

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        for number in range(5):
            assert len(fs.find(f"{fs_path}/src")) == 20
            fs.cp(f"{fs_path}/src", f"{fs_path}/copy{number}", recursive=True)
            assert len(fs.find(f"{fs_path}/copy{number}")) == 20
    except jetblob.ObjectChangedError:
        pass  # an object that is replaced faster than it can be read
    finally:
        done.set()
        writer.join()


def test_a_walk_says_what_it_could_not_see(fs: JetblobFileSystem, fs_path: str) -> None:
    """A server that is gone is no empty tree; odd slashes come together again."""
    written(fs, fs_path, "x/y", "x//y", "/z")
    walked = [f"{top}/{file}" for top, _, files in fs.walk(fs_path) for file in files]
    assert sorted(walked) == sorted(fs.find(fs_path))
    assert [top for top, _, _ in fs.walk(fs_path, topdown=False)] == [f"{fs_path}/x", fs_path]
    assert list(fs.walk(f"{fs_path}/none")) == [(f"{fs_path}/none", [], [])]
    with pytest.raises(FileNotFoundError):
        list(fs.walk(f"{fs_path}/none", on_error="raise"))
    gone = JetblobFileSystem("nats://127.0.0.1:1", idle_timeout=1, skip_instance_cache=True)
    with pytest.raises(jetblob.UnavailableError):
        list(gone.walk("b"))


def test_a_callback_hears_of_both_ways(fs: JetblobFileSystem, fs_path: str, tmp_path: Path) -> None:
    """How many bytes there are, and how many were moved."""
    (tmp_path / "a").write_bytes(bytes(1_000_000))
    moves: list[Callable[[Callback], object]] = [
        lambda callback: fs.put_file(str(tmp_path / "a"), f"{fs_path}/a", callback=callback),
        lambda callback: fs.get_file(f"{fs_path}/a", str(tmp_path / "b"), callback=callback),
    ]
    for move in moves:
        move(callback := Callback())
        assert (callback.size, callback.value) == (1_000_000, 1_000_000)
    assert (tmp_path / "b").read_bytes() == bytes(1_000_000)


async def test_it_is_asynchronous(fs: JetblobFileSystem, fs_path: str) -> None:
    """On a loop of the caller's."""
    own = JetblobFileSystem(where(fs), asynchronous=True, skip_instance_cache=True)
    await own._pipe_file(f"{fs_path}/a", b"12345")
    assert await own._cat_file(f"{fs_path}/a", 1, 3) == b"23"
    assert await own._find(fs_path) == [f"{fs_path}/a"]
    async with await own.open_async(f"{fs_path}/b", "wb") as writing:
        await writing.write(b"x" * 1_000_000)
        await writing.write(b"y")
    async with await own.open_async(f"{fs_path}/b") as reading:
        assert reading.size == 1_000_001
        assert await reading.read(10) == b"x" * 10
        assert (await reading.read())[-1:] == b"y"
    with pytest.raises(FileExistsError):
        await own.open_async(f"{fs_path}/b", "xb")


def test_it_is_pickled_and_told_without_secrets(fs: JetblobFileSystem, fs_path: str) -> None:
    """By where it is."""
    written(fs, fs_path, "a")
    assert pickle.loads(pickle.dumps(fs)).cat(f"{fs_path}/a") == b"a"
    assert fsspec.AbstractFileSystem.from_json(fs.to_json()).cat(f"{fs_path}/a") == b"a"
    for url in ("nats://127.0.0.1:1", "nats://user:secret@127.0.0.1:1", "nats://secret@127.0.0.1:1"):
        for secret in (
            JetblobFileSystem(url, token="secret", user_and_password=("u", "secret")),
            JetblobFileSystem(store=url, nkey_seed="secret", credentials="secret"),
        ):
            assert "secret" not in secret.to_json(include_password=False)
            assert "secret" in secret.to_json()
            assert isinstance(fsspec.AbstractFileSystem.from_json(secret.to_json()), JetblobFileSystem)


def test_bad_arguments_are_named(fs: JetblobFileSystem, fs_path: str, tmp_path: Path) -> None:
    """Before anything is sent."""
    with pytest.raises(TypeError, match="'servers'"):
        JetblobFileSystem(servers="nats://127.0.0.1:1")
    with pytest.raises(TypeError, match="only one"):
        JetblobFileSystem("a", context="b")
    with pytest.raises(ValueError, match="r\\+b"):
        fs.open(f"{fs_path}/a", "r+b")
    with pytest.raises(ValueError, match="sometimes"):
        fs.pipe_file(f"{fs_path}/a", b"", mode="sometimes")
    with pytest.raises(TypeError, match="colour"):
        fs.pipe_file(f"{fs_path}/a", b"", colour="red")
    for body in ("text", io.BytesIO(b"a"), iter([b"a"]), Path(__file__)):
        with pytest.raises(TypeError, match="bytes-like"):
            fs.pipe_file(f"{fs_path}/a", body)
    with pytest.raises(TypeError, match="NoneType"):
        fs.info(None)
    with pytest.raises(TypeError, match="colour"):
        fs.mkdir(fs_path, colour="red")
    for missing in (f"{fs_path}/none", "no-bucket"):
        with pytest.raises(FileNotFoundError):
            fs.cp_file(missing, missing)
        with pytest.raises(FileNotFoundError):
            fs.get_file(missing, str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
    assert fs.find(fs_path) == []
    with pytest.raises(jetblob.InvalidNameError):
        fs.pipe_file(f"{fs_path}/{'x' * 2000}", b"")
    with fs.open(f"{fs_path}/a", "wb") as file, pytest.raises(TypeError, match="bytes-like"):
        file.write("text")
    with pytest.raises(ValueError, match="closed"):
        file.write(b"")
    with pytest.raises(io.UnsupportedOperation):
        file.read()
