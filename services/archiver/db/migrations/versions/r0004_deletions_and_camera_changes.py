"""What was deleted and when, frames that were put back, changes of cameras, and marks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("archived_frame", sa.Column("put_back_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("pending_deletion", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "deleted_frame",
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_deleted_frame"),
    )
    op.create_table(
        "camera_change",
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("new_key", sa.String(length=63), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_camera_change"),
    )
    op.create_table(
        "archive_mark",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_archive_mark"),
    )


def downgrade() -> None:
    raise NotImplementedError("what was deleted, and by whom, has no place in the tables before")
