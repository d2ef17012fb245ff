"""The examples of the documentation run, on both engines."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import pkgutil
import re
from typing import TYPE_CHECKING, Any

import pytest
from conftest import place
from scenario import TESTS

import jetblob
import jetblob.sync

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

README = re.findall(r"```python\n(.*?)```", (TESTS.parent / "README.md").read_text(), re.DOTALL)
WRITTEN_FOR = "nats://127.0.0.1:4222"


def _documented() -> list[doctest.DocTest]:
    modules = [jetblob.__name__]
    modules += [module.name for module in pkgutil.walk_packages(jetblob.__path__, "jetblob.")]
    modules = [name for name in modules if not name.endswith(("_native", "__main__"))]
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in modules for test in finder.find(importlib.import_module(name))]
    return [test for test in found if test.examples]


class _Place:
    """What the examples take for granted: an empty store, and a bucket in it."""

    def __init__(self, url: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.store = self.loop.run_until_complete(_open(url))
        self.bucket = self.loop.run_until_complete(self.store.create_bucket("examples"))
        self.sync_store = jetblob.sync.Store.open(url)
        self.sync_bucket = self.sync_store.bucket("examples")

    def close(self) -> None:
        self.sync_store.close()
        self.loop.run_until_complete(self.store.close())
        self.loop.close()

    def run(self, main: Coroutine[Any, Any, object]) -> None:
        self.loop.run_until_complete(main)


async def _open(url: str) -> jetblob.Store:
    return await jetblob.Store.open(url)


@pytest.mark.parametrize("engine", ["local", "jetstream"])
@pytest.mark.parametrize("example", _documented(), ids=lambda test: test.name)
def test_an_example_of_a_docstring_runs(engine: str, example: doctest.DocTest) -> None:
    """What a docstring shows is what happens."""
    with place(engine) as url:
        here = _Place(url)
        blocking = example.name.startswith("jetblob.sync")
        example.globs |= {
            "asyncio": asyncio,
            "jetblob": jetblob,
            "directory": url,
            "run": here.run,
            "bucket": here.sync_bucket if blocking else here.bucket,
        }
        told: list[str] = []
        try:
            failed = doctest.DocTestRunner(verbose=False).run(example, out=told.append, clear_globs=False)
        finally:
            here.close()
        assert failed.failed == 0, "".join(told)


def test_the_documentation_has_examples() -> None:
    """So that none is passed over."""
    names = {test.name for test in _documented()}
    assert {"jetblob", "jetblob._bucket.Bucket.put", "jetblob.sync._bucket.Bucket.get"} <= names
    assert len(README) > 1


@pytest.mark.parametrize("code", README, ids=range(len(README)))
def test_an_example_of_the_readme_runs(
    code: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In a folder that holds the one file that it reads, on a store that holds nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "holiday.jpg").write_bytes(bytes(range(256)) * 4096)
    with place("jetstream" if "://" in url else "local") as empty:
        assert WRITTEN_FOR in code
        exec(compile(code.replace(WRITTEN_FOR, empty), "README.md", "exec"), {"__name__": "__main__"})
    assert capfd.readouterr().out
