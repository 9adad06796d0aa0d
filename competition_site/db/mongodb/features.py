"""What the engine claims to be able to do."""

from django.utils.functional import cached_property
from django_mongodb_backend import features


class DatabaseFeatures(features.DatabaseFeatures):  # type: ignore[misc]
    """Upstream's features, with transactions where the server has them."""

    uses_savepoints = False

    @cached_property
    def supports_transactions(self) -> bool:
        """Tell whether the server is a replica set or mongos.

        Upstream says never, which makes Django's ``atomic()`` a no-op.
        """
        return bool(self._supports_transactions)
