"""The migrations make what the store expects."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from linli_organization import store
from linli_organization.service import OrganizationService


def test_the_migrated_schema_is_that_of_the_store(service):
    ours = set(store.metadata.tables)

    def include(thing, name, kind, reflected, compare_to):
        return kind != "table" or name in ours

    with service(OrganizationService).unit_of_work() as uow:
        context = MigrationContext.configure(
            uow.connection, opts={"include_object": include, "compare_server_default": True}
        )
        assert compare_metadata(context, store.metadata) == []
