"""The migrations make the tables that the code declares."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from linli_organization.service import OrganizationService
from linli_organization.tables import metadata


def test_the_migrated_schema_is_that_of_the_tables(service):
    ours = set(metadata.tables)

    def include(thing, name, kind, reflected, compare_to):
        return kind != "table" or name in ours

    with service(OrganizationService).unit_of_work() as uow:
        context = MigrationContext.configure(
            uow.connection, opts={"include_object": include, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
