"""What Alembic runs for each command: it works on the connection it is given, within that one's transaction."""

from alembic import context
from sqlmodel import SQLModel

from services.archiver.db import models

assert models.ArchivedFrame.metadata is SQLModel.metadata  # noqa: S101 importing the models fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
