"""All operations, in the order of the table."""

from tests.db.conformance import (  # noqa: F401 - importing registers them
    around,
    computing,
    joining,
    json_values,
    reading,
    schema,
    transactions,
    writing,
)
from tests.db.conformance.operations import OPERATIONS

__all__ = ["OPERATIONS"]
