"""Runs every operation on one engine and prints the outcomes as one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import warnings
from contextlib import redirect_stdout


def main() -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    if os.environ["CONFORMANCE_ENGINE"] == "stock":
        settings.DATABASES["default"]["ENGINE"] = "django_mongodb_backend"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.db.conformance"]
    settings.LOGGING = {"version": 1}  # the table is all there is to say
    warnings.simplefilter("ignore")
    django.setup()
    setup_test_environment()
    call_command("migrate", verbosity=0, interactive=False)
    from django.db import connection

    from tests.database import empty_filled_tables
    from tests.db.conformance.catalogue import OPERATIONS
    from tests.db.conformance.operations import outcome_of
    from tests.db.conformance.tables import TABLES, fill

    with connection.schema_editor() as editor:
        for model in TABLES:
            editor.create_model(model)
    outcomes = {}
    for operation in OPERATIONS.values():
        if not operation.applies:
            continue
        if hasattr(connection, "close_pool"):
            connection.close_pool()  # stock stays poisoned after a failed commit
        empty_filled_tables()
        fill()
        with redirect_stdout(sys.stderr):
            outcomes[operation.name] = outcome_of(operation)
    empty_filled_tables()
    sys.stdout.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    main()
