"""Alembic's environment: runs on the connection of `linli_chassis.storage.database.migrate`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
