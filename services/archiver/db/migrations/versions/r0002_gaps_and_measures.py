"""Image features, frames without a slot, gaps, remembered cameras and pending deletions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("archived_frame", table_kwargs={"sqlite_autoincrement": True}) as archived_frame:
        archived_frame.alter_column("slot_start", existing_type=sa.BigInteger(), nullable=True)
        archived_frame.alter_column("interval_seconds", existing_type=sa.Integer(), nullable=True)
        archived_frame.add_column(sa.Column("kind", sa.String(length=8), nullable=False, server_default="slot"))
        archived_frame.add_column(sa.Column("thumbnail_bytes", sa.Integer(), nullable=True))
        archived_frame.add_column(sa.Column("brightness", sa.Float(), nullable=True))
        archived_frame.add_column(sa.Column("perceptual_hash", sa.String(length=16), nullable=True))
        archived_frame.create_unique_constraint("uq_archived_frame_path", ["path"])
    op.create_table(
        "archive_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("camera_key", sa.String(length=63), nullable=False),
        sa.Column("start_seconds", sa.BigInteger(), nullable=False),
        sa.Column("end_seconds", sa.BigInteger(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_archive_gap"),
        sa.UniqueConstraint("camera_key", "start_seconds", name="uq_archive_gap_camera_key_start_seconds"),
    )
    op.create_table(
        "archive_camera",
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("settled_until", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_archive_camera"),
    )
    op.create_table(
        "pending_deletion",
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_pending_deletion"),
    )


def downgrade() -> None:
    raise NotImplementedError("frames without a slot and gaps have no place in the first version's tables")
