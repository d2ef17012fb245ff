"""Buckets as a file system, for whatever reads and writes by fsspec: pandas, pyarrow, dask, zarr and many more.

A path is ``jetblob://bucket/name``; the top-level directories are the buckets. Slashes in names make directories, which
are there as long as something is in them. Needs ``fsspec``: ``pip install jetblob[fsspec]``.

>>> import fsspec
>>> fs = fsspec.filesystem("jetblob", store=directory)  # or "nats://127.0.0.1:4222"
>>> fs.mkdir("photos")
>>> fs.pipe_file("photos/2026/greeting.txt", b"hello")
>>> fs.find("photos")
['photos/2026/greeting.txt']
>>> with fsspec.open("jetblob://photos/2026/greeting.txt", "rt", store=directory) as file:
...     file.read()
'hello'
"""

from ._filesystem import JetblobFileSystem

__all__ = ["JetblobFileSystem"]
