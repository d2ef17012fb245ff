"""The scenarios that every language runs, with both packages, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from conftest import ENGINES, place
from scenario import TESTS, load, play

import jetblob
import jetblob.sync

if TYPE_CHECKING:
    from types import ModuleType

FILES = sorted((TESTS / "scenarios").glob("*.json"))
ALL = [
    pytest.param(steps, id=f"{path.stem}: {scenario}")
    for path in FILES
    if path.stem != "broken"
    for scenario, steps in load(path)
]
BROKEN = [pytest.param(steps, id=scenario) for scenario, steps in load(TESTS / "scenarios" / "broken.json")]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("api", [jetblob, jetblob.sync], ids=["async", "sync"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("steps", ALL)
async def test_scenario(api: ModuleType, engine: str, steps: list[dict[str, Any]]) -> None:
    """What the product promises."""
    with place(engine) as url:
        await play(api, engine, url, steps)


@pytest.mark.parametrize("steps", BROKEN)
async def test_a_broken_scenario_fails(
    steps: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """So that nothing is passed over."""
    with pytest.raises((AssertionError, TypeError, KeyError, AttributeError, jetblob.JetblobError)):
        await play(jetblob, "local", str(tmp_path_factory.mktemp("store")), steps)
