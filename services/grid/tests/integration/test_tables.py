import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from linli_grid.service import GridService
from linli_grid.tables import metadata


def test_the_migrations_make_the_tables_that_the_queries_name(bare):
    assert GridService.name  # whose features declare the tables
    with bare.unit_of_work() as uow:
        ours = set(metadata.tables)
        options = {
            "include_name": lambda name, kind, _: kind != "table" or name in ours,
            "compare_type": True,
        }
        context = MigrationContext.configure(uow.connection, opts=options)
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            "SELECT * FROM request WHERE status = 'registered' "
            "ORDER BY registered_at DESC, request_id DESC LIMIT 51",
            "request_open",
        ),
        ("SELECT * FROM request WHERE grid_code LIKE '110101001%'", "request_of_grid"),
        ("SELECT * FROM grid WHERE grid_code LIKE '110101001%'", "grid_by_prefix"),
    ],
)
def test_the_worklist_and_what_lies_in_a_region_are_read_by_an_index(bare, query, index):
    with bare.unit_of_work() as uow:
        for kind in ("seqscan", "bitmapscan", "sort"):
            uow.connection.exec_driver_sql(f"SET LOCAL enable_{kind} = off")
        plan = uow.connection.exec_driver_sql("EXPLAIN " + query.replace("%", "%%"))
        assert f" using {index} on " in "\n".join(plan.scalars())
