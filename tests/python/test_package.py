"""What `pip install` gives, in an environment that has nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest
from conftest import place
from scenario import TESTS

if TYPE_CHECKING:
    from pathlib import Path

TOP = TESTS.parent
README = (TOP / "README.md").read_text()


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program that succeeds, and give what it prints."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    environment["CARGO_TARGET_DIR"] = str(TOP / "target")
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a source distribution, and give the programs of an environment into which it was installed."""
    made = tmp_path_factory.mktemp("package")
    run(sys.executable, "-m", "maturin", "sdist", "--out", made, cwd=TOP)
    (sdist,) = made.glob("jetblob-*.tar.gz")
    venv.create(made / "venv", with_pip=True)
    programs = made / "venv" / ("Scripts" if os.name == "nt" else "bin")
    unoptimized = "--config-settings=build-args=--profile=dev"
    run(programs / "python", "-m", "pip", "install", "--quiet", unoptimized, sdist, cwd=made)
    return programs


@pytest.mark.timeout(1200)
def test_it_installs_from_its_source(environment: Path, tmp_path: Path) -> None:
    """With types, the license and the command, and nothing else is needed."""
    script = """if True:
        import importlib.metadata, json
        files = {file.name for file in importlib.metadata.files("jetblob")}
        print(json.dumps([sorted(files), importlib.metadata.requires("jetblob")]))
    """
    files, requires = json.loads(run(environment / "python", "-c", script, cwd=tmp_path))
    assert {"py.typed", "_native.pyi", "_native.abi3.so", "LICENSE"} <= set(files)
    assert all("extra ==" in requirement for requirement in requires or [])
    listed = json.loads(run(environment / "python", "-m", "pip", "list", "--format=json", cwd=tmp_path))
    assert {package["name"] for package in listed} <= {"jetblob", "pip", "setuptools"}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("engine", ["local", "jetstream"])
def test_the_first_example_runs(environment: Path, engine: str, tmp_path: Path) -> None:
    """The one of the README, as it stands there but for where the store is."""
    example = README.split("```python\n")[1].split("```")[0]
    (tmp_path / "holiday.jpg").write_bytes(bytes(range(256)) * 1024)
    with place(engine) as url:
        assert "nats://127.0.0.1:4222" in example
        (tmp_path / "example.py").write_text(example.replace("nats://127.0.0.1:4222", url))
        assert "bytes" in run(environment / "python", "example.py", cwd=tmp_path)
    assert (tmp_path / "copy.jpg").read_bytes() == (tmp_path / "holiday.jpg").read_bytes()


@pytest.mark.timeout(1200)
def test_the_command_comes_along(environment: Path, tmp_path: Path) -> None:
    """The same command as without Python."""
    jetblob: list[str | Path] = [environment / "jetblob", "--store", tmp_path / "store"]
    (tmp_path / "file").write_bytes(bytes(range(256)))
    run(*jetblob, "bucket", "create", "files", cwd=tmp_path)
    run(*jetblob, "put", "file", "files/a", cwd=tmp_path)
    run(*jetblob, "get", "files/a", "copy", cwd=tmp_path)
    assert (tmp_path / "copy").read_bytes() == bytes(range(256))
