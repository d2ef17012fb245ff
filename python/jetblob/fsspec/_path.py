"""Paths, and the directories that slashes in names make."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from jetblob.errors import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Iterator

Entry: TypeAlias = dict[str, Any]
"""What fsspec is told of a path."""

Step: TypeAlias = tuple[str, dict[str, Entry], dict[str, Entry]]
"""A directory, and the directories and files in it by their names there."""


def split(path: str) -> tuple[str, str]:
    """Give the bucket and the name that a path says; either may be empty."""
    bucket, _, name = path.partition("/")
    return bucket, name


def split_file(path: str) -> tuple[str, str]:
    """Give the bucket and the name; refuse a path that can't be an object's."""
    bucket, name = split(path)
    if not bucket or not name:
        raise IsADirectoryError(errno.EISDIR, "an object's path is bucket/name", path)
    return bucket, name


def missing(path: str) -> FileNotFoundError:
    """Say that nothing is there."""
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


@contextmanager
def nothing_there(path: str) -> Iterator[None]:
    """Say of a name that breaks the rules that nothing is there."""
    try:
        yield
    except InvalidNameError as error:
        raise missing(path) from error


def child(name: str, directory: str) -> tuple[str, bool] | None:
    """Give what an object shows in a directory above it, and whether that is itself a directory.

    ``directory`` is empty or ends in a slash. Slashes in a row are one: the others belong to the name after them. An
    object whose name ends in a slash can't be said by a path, but is a sign of its directory.

    >>> child("a/b/c", "a/"), child("a/b", "a/"), child("a//b", "a/"), child("a/", "")
    (('a/b', True), ('a/b', False), ('a//b', False), ('a', True))
    """
    rest = name[len(directory) :]
    own = rest.lstrip("/")
    if not own:
        return None
    end = own.find("/")
    if end < 0:
        return name, False
    return name[: len(name) - len(own) + end], True


def directories(name: str, directory: str) -> Iterator[str]:
    """Give the directories that an object makes below ``directory``, the outermost first.

    >>> list(directories("a/b/c/d", "a/"))
    ['a/b', 'a/b/c']
    """
    while (step := child(name, directory)) is not None and step[1]:
        yield step[0]
        directory = step[0] + "/"


def depth(name: str, directory: str) -> int:
    """Give how many steps it is from a directory to what is in or below it.

    >>> depth("a/b", "a/"), depth("a/b/c", "")
    (1, 3)
    """
    return sum(1 for _ in directories(name, directory)) + 1


def below(path: str) -> str:
    """Give what all names begin with that are below a directory of a bucket."""
    _, name = split(path)
    return name and name + "/"


def tree(path: str, found: list[Entry]) -> list[Step]:
    """Give the steps of a walk through what was found below ``path``, from the top down.

    >>> [top for top, _, _ in tree("b", [{"name": "b/d", "type": "directory"}, {"name": "b/d/a", "type": "file"}])]
    ['b', 'b/d']
    """
    steps: dict[str, Step] = {path: (path, {}, {})}
    for told in found:
        above = path
        name = str(told["name"])
        for shown in directories(name, path and path + "/"):
            if shown == name:
                break
            above = shown
        _, inner, files = steps[above]
        beside = files
        if told["type"] == "directory":
            steps[name] = (name, {}, {})
            beside = inner
        beside[name[len(above) :].removeprefix("/")] = told
    return list(steps.values())
