"""How values become parts of a query."""

import re

from django_mongodb_backend import operations


class DatabaseOperations(operations.DatabaseOperations):  # type: ignore[misc]
    """Upstream's operations, with our compilers and an escaped ``iexact``."""

    compiler_module = "competition_site.db.mongodb.compiler"

    def prep_for_iexact_query(self, value: object) -> str:
        """Escape the value: upstream (to 6.1.0) puts it into a regular expression raw.

        There ``.*`` matches everybody and ``p.q+r@x.org`` does not match itself.
        """
        return re.escape(str(value))
