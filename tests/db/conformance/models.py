"""Django looks for an app's tables here."""

from tests.db.conformance.tables import TABLES

__all__ = ["TABLES"]
