from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from linli_service_desk.tables import metadata


def test_the_migrations_make_the_tables_that_the_code_knows(desk):
    def ours(_object, name, kind, _reflected, _other):
        return kind != "table" or name in metadata.tables

    with desk.service.unit_of_work() as uow:
        context = MigrationContext.configure(
            uow.connection, opts={"include_object": ours, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []
