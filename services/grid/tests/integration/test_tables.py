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
