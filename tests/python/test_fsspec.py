"""Buckets as a file system: what fsspec expects of each, and how ours is found, called and passed on."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import pytest
from file_system import where, written
from fsspec.callbacks import Callback
from fsspec.tests import abstract

import jetblob
import jetblob.sync
from jetblob.fsspec import JetblobFileSystem

if TYPE_CHECKING:
    from collections.abc import Callable


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
