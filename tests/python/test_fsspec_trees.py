"""The directories of the file system: names, buckets, moving, copying, removing."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from file_system import left, sync_bucket, where, written

import jetblob
import jetblob.sync
from jetblob.fsspec import JetblobFileSystem

if TYPE_CHECKING:
    from collections.abc import Callable


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
