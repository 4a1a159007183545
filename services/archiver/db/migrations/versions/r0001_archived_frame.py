"""The table of archived frames."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archived_frame",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("camera_key", sa.String(length=63), nullable=False),
        sa.Column("slot_start", sa.BigInteger(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_archived_frame"),
        sa.UniqueConstraint("camera_key", "slot_start", name="uq_archived_frame_camera_key_slot_start"),
    )
    op.create_index(
        "ix_archived_frame_camera_key_captured_at_id", "archived_frame", ["camera_key", "captured_at", "id"]
    )
    op.create_index("ix_archived_frame_captured_at_id", "archived_frame", ["captured_at", "id"])


def downgrade() -> None:
    op.drop_table("archived_frame")
