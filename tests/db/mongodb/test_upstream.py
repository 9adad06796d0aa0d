"""What the engine overrides or calls in its upstream, which promises none of it.

A failure here after an upgrade means: read the new code of upstream before anything
else, since our override may have become dead, and with it the mend.
"""

from __future__ import annotations

import inspect
from typing import Any

import django_mongodb_backend
import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, JSONField
from django.db.models.fields.tuple_lookups import TupleIn
from django.db.models.sql import compiler as sql_compiler
from django.db.models.sql.where import WhereNode
from django_mongodb_backend import (
    base,
    compiler,
    features,
    functions,
    indexes,
    lookups,
    operations,
    query,
    query_utils,
    schema,
    transaction,
    utils,
)
from django_mongodb_backend.fields import json as json_field

OVERRIDDEN = [
    (base.DatabaseWrapper, "set_autocommit"),
    (base.DatabaseWrapper, "_commit"),
    (base.DatabaseWrapper, "_rollback"),
    (base.DatabaseWrapper, "close"),
    (base.DatabaseWrapper, "get_collection"),
    (base.DatabaseWrapper, "init_connection_state"),
    (base.DatabaseWrapper, "start_transaction_mongo"),
    (base.DatabaseWrapper, "commit_mongo"),
    (base.DatabaseWrapper, "rollback_mongo"),
    (base.DatabaseWrapper, "on_commit"),
    (base.DatabaseWrapper, "mongo_operators"),
    (base.DatabaseWrapper, "cursor"),
    (base.DatabaseWrapper, "queries_logged"),
    (BaseDatabaseWrapper, "rollback"),
    (BaseDatabaseWrapper, "set_rollback"),
    (BaseDatabaseWrapper, "savepoint_rollback"),
    (BaseDatabaseWrapper, "_set_autocommit"),
    (BaseDatabaseWrapper, "run_and_clear_commit_hooks"),
    (BaseDatabaseWrapper, "validate_no_broken_transaction"),
    (features.DatabaseFeatures, "_supports_transactions"),
    (features.DatabaseFeatures, "supports_transactions"),
    (operations.DatabaseOperations, "compiler_module"),
    (schema.DatabaseSchemaEditor, "add_index"),
    (schema.DatabaseSchemaEditor, "_alter_field"),
    (schema.DatabaseSchemaEditor, "_add_field_unique"),
    (schema.DatabaseSchemaEditor, "_remove_field_unique"),
    (schema.DatabaseSchemaEditor, "_field_should_have_unique"),
    (schema.DatabaseSchemaEditor, "effective_default"),
    (schema.DatabaseSchemaEditor, "remove_index"),
    (schema.DatabaseSchemaEditor, "_unique_constraint_name"),
    (query.MongoQuery, "get_pipeline"),
    (query.MongoQuery, "get_cursor"),
    (query.MongoQuery, "delete"),
    (compiler.SQLCompiler, "build_query"),
    (compiler.SQLCompiler, "execute_sql"),
    (compiler.SQLCompiler, "_build_aggregation_pipeline"),
    (compiler.SQLCompiler, "_get_replace_expr"),
    (compiler.SQLCompiler, "cursor_iter"),
    (compiler.SQLCompiler, "columns"),
    (compiler.SQLCompiler, "results_iter"),
    (compiler.SQLCompiler, "get_lookup_pipeline"),
    (compiler.SQLCompiler, "_make_result"),
    (compiler.SQLCompiler, "base_table"),
    (compiler.SQLCompiler, "collection_name"),
    (compiler.SQLInsertCompiler, "insert"),
    (compiler.SQLUpdateCompiler, "update"),
    (lookups, "process_rhs"),
    (json_field, "process_rhs"),
    (json_field, "build_json_mql_path"),
    (query_utils, "process_rhs"),
    (query_utils, "process_lhs"),
    (utils.OperationDebugWrapper, "profile_call"),
    (utils.OperationDebugWrapper, "log"),
    (functions, "trunc_convert_value"),
    (functions, "trunc_date"),
    (functions, "trunc_time"),
    (indexes, "get_pymongo_index_model"),
    (transaction, "atomic"),
    (sql_compiler.SQLCompiler, "compile"),
    (sql_compiler.SQLCompiler, "get_select"),
    (sql_compiler.SQLCompiler, "get_default_columns"),
    (sql_compiler.SQLCompiler, "get_converters"),
    (sql_compiler.SQLCompiler, "apply_converters"),
    (sql_compiler.SQLCompiler, "_order_by_pairs"),
    (Field, "get_db_converters"),
    (JSONField, "from_db_value"),
    (WhereNode, "as_mql"),
    (TupleIn, "as_mql"),
    (TupleIn, "rhs_is_direct_value"),
]


@pytest.mark.parametrize(("owner", "name"), OVERRIDDEN, ids=str)
def test_upstream_still_has(owner: Any, name: str) -> None:
    assert hasattr(owner, name)


def test_upstream_is_the_version_the_engine_was_written_for() -> None:
    assert django_mongodb_backend.__version__ == "5.2.4"


def test_upstreams_query_still_has_the_parts_we_order() -> None:
    built = set(inspect.getsource(query.MongoQuery.__init__).split("self.")[1:])
    names = {part.partition(" ")[0] for part in built}
    assert names >= {
        "aggregation_pipeline",
        "combinator_pipeline",
        "extra_fields",
        "lookup_pipeline",
        "match_mql",
        "ordering",
        "project_fields",
        "search_pipeline",
        "subqueries",
        "subquery_lookup",
    }
    pipeline = inspect.getsource(query.MongoQuery.get_pipeline)
    # A part we know nothing of would be lost when rows are chosen first.
    assert pipeline.count("self.") == 25


def test_upstreams_converters_are_still_those_that_ours_stand_for() -> None:
    """A new kind of column, or a new step for a known one, would be passed over."""
    converters = inspect.getsource(operations.DatabaseOperations.get_db_converters)
    assert converters.count("converters.append(") == 9
    for kind in ("DateTimeField", "JSONField", "UUIDField"):
        assert f'internal_type == "{kind}"' in converters
    assert '"IntegerField" in internal_type and "Small" not in' in converters


def test_upstream_still_unwinds_its_joins_as_we_know_it() -> None:
    """What ours leaves out: the stages behind ``$lookup``, and no others."""
    join = inspect.getsource(query.join)
    assert join.count("lookup_pipeline.append(") == 2
    assert 'lookup_pipeline.append({"$unwind": f"${self.table_alias}"})' in join
