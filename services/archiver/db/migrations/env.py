"""Alembic runs this for each command. It uses the given connection, within the transaction that is open there."""

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
