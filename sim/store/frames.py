"""Tables as pandas data frames, where pandas is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.errors import MissingExtra

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def new_frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """A data frame of columns.

    Raises:
        MissingExtra: pandas is not installed.
    """
    return _pandas().DataFrame(dict(columns))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A data frame of a stored table: amounts as float64 in currency units, dates as datetime64, names as categories.

    Raises:
        MissingExtra: pandas is not installed.
    """
    import pyarrow as pa

    _pandas()
    schema = pa.schema(
        field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field for field in table.schema
    )
    frame = table.cast(schema).to_pandas(date_as_object=False)
    if {"from", "to"} <= set(frame):  # what is compared has one set of names
        names = frame["from"].cat.categories.union(frame["to"].cat.categories, sort=False)
        for column in ("from", "to"):
            frame[column] = frame[column].cat.set_categories(names)
    return frame


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise MissingExtra("pandas", "for data frames", "notebook") from None
    return pandas
