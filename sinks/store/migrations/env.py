"""What Alembic runs around the migrations: the connection comes from `open_store`."""

from alembic import context

from sinks.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,  # SQLite has it too, since `open_store` begins its own transactions
)
with context.begin_transaction():
    context.run_migrations()
