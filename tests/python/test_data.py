"""What people keep in it: tables and arrays, by the libraries that they use."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from typing import TYPE_CHECKING

import dask.dataframe
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
import zarr
from pyarrow.fs import FSSpecHandler, PyFileSystem

from jetblob.fsspec import JetblobFileSystem

if TYPE_CHECKING:
    import jetblob.sync


@pytest.fixture
def table() -> pd.DataFrame:
    """Give a table that takes several chunks."""
    numbers = np.arange(200_000)
    return pd.DataFrame(
        {"number": numbers, "square": numbers.astype(float) ** 2, "text": numbers.astype(str)}
    )


@pytest.fixture
def options(url: str) -> dict[str, str]:
    """Give what fsspec is told."""
    return {"store": url}


@pytest.fixture
def top(sync_bucket: jetblob.sync.Bucket) -> str:
    """Give the URL of an empty bucket."""
    return f"jetblob://{sync_bucket.name}"


def test_pandas(table: pd.DataFrame, top: str, options: dict[str, str]) -> None:
    """Parquet, as a whole and by column, and text that is compressed."""
    table.to_parquet(f"{top}/t/table.parquet", storage_options=options)
    back = pd.read_parquet(f"{top}/t/table.parquet", storage_options=options)
    pd.testing.assert_frame_equal(back, table)
    column = pd.read_parquet(f"{top}/t/table.parquet", columns=["square"], storage_options=options)
    pd.testing.assert_frame_equal(column, table[["square"]])
    table.to_csv(f"{top}/t/table.csv.gz", index=False, storage_options=options)
    csv = pd.read_csv(f"{top}/t/table.csv.gz", dtype={"text": table["text"].dtype}, storage_options=options)
    pd.testing.assert_frame_equal(csv, table)


def test_pandas_on_objects(table: pd.DataFrame, sync_bucket: jetblob.sync.Bucket) -> None:
    """An object that is read, and one that is written, is a file to it."""
    with sync_bucket.upload("table.parquet") as upload:
        table.to_parquet(upload)
    with sync_bucket.get("table.parquet") as object:
        pd.testing.assert_frame_equal(pd.read_parquet(object), table)


def test_pyarrow(table: pd.DataFrame, top: str, url: str) -> None:
    """A dataset of many files, of which only some are read."""
    arrow = pa.Table.from_pandas(table).append_column("part", pa.array(np.arange(len(table)) % 4))
    files = PyFileSystem(FSSpecHandler(JetblobFileSystem(url)))
    root = top.removeprefix("jetblob://") + "/dataset"
    pa.dataset.write_dataset(
        arrow, root, format="parquet", partitioning=["part"], partitioning_flavor="hive", filesystem=files
    )
    dataset = pa.dataset.dataset(root, partitioning="hive", filesystem=files)
    assert len(dataset.files) == 4
    assert dataset.count_rows() == len(table)
    part = dataset.to_table(columns=["number"], filter=pa.dataset.field("part") == 3)
    assert sorted(part["number"].to_pylist()) == list(range(3, len(table), 4))
    pa.parquet.write_table(arrow, f"{root}/one.parquet", filesystem=files)
    assert pa.parquet.read_table(f"{root}/one.parquet", filesystem=files).equals(arrow)


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_dask(table: pd.DataFrame, top: str, options: dict[str, str]) -> None:
    """A table in parts."""
    parts = dask.dataframe.from_pandas(table, npartitions=3)  # type: ignore[no-untyped-call]
    parts.to_parquet(f"{top}/parts", storage_options=options)
    back = dask.dataframe.read_parquet(f"{top}/parts", storage_options=options)
    assert back.npartitions == 3
    assert back["number"].sum().compute() == table["number"].sum()


def test_zarr(top: str, options: dict[str, str]) -> None:
    """An array in chunks, changed in part."""
    whole = np.arange(250_000, dtype="i4").reshape(500, 500)
    array = zarr.create_array(
        f"{top}/a.zarr", shape=whole.shape, chunks=(100, 100), dtype="i4", storage_options=options
    )
    array[:] = whole
    array[150:160, 3] = -1
    whole[150:160, 3] = -1
    back = zarr.open_array(f"{top}/a.zarr", mode="r", storage_options=options)
    np.testing.assert_array_equal(back[:], whole)


def test_the_standard_library(sync_bucket: jetblob.sync.Bucket) -> None:
    """Reads and writes objects as any file."""
    text = b"a line\n" * 100_000
    with sync_bucket.upload("lines.gz") as upload, gzip.GzipFile(fileobj=upload, mode="wb") as zipped:
        zipped.write(text)
    with sync_bucket.get("lines.gz") as object, gzip.open(object) as lines:
        assert sum(1 for _ in lines) == 100_000
    with sync_bucket.upload("a.tar") as upload, tarfile.open(fileobj=upload, mode="w|") as archive:
        member = tarfile.TarInfo("lines")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    with sync_bucket.get("a.tar") as object, tarfile.open(fileobj=object) as archive:
        extracted = archive.extractfile("lines")
        assert extracted is not None
        assert extracted.read() == text
    with sync_bucket.get("lines.gz") as source, sync_bucket.upload("copy.gz") as target:
        shutil.copyfileobj(source, target)
    assert sync_bucket.info("copy.gz").digest == sync_bucket.info("lines.gz").digest
