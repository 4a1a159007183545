"""The time since boot of each frame, doubtful frames, trusted readings of clocks, and what retention did in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Each is a column that every row gets at once, so no table is copied.
    op.add_column("archived_frame", sa.Column("boot_id", sa.String(length=36), nullable=True))
    op.add_column("archived_frame", sa.Column("boot_ns", sa.BigInteger(), nullable=True))
    op.add_column("archived_frame", sa.Column("doubtful", sa.Boolean(), nullable=False, server_default=sa.false()))
    where = sa.text("doubtful IS 1")
    op.create_index("ix_archived_frame_doubtful", "archived_frame", ["doubtful"], sqlite_where=where)
    op.create_table(
        "archive_clock",
        sa.Column("boot_id", sa.String(length=36), nullable=False),
        sa.Column("anchor_boot_ns", sa.BigInteger(), nullable=False),
        sa.Column("anchor_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("boot_id", name="pk_archive_clock"),
    )
    op.create_table(
        "retention_day",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_retention_day"),
    )


def downgrade() -> None:
    op.drop_table("retention_day")
    op.drop_table("archive_clock")
    op.drop_index("ix_archived_frame_doubtful", "archived_frame")
    for column in ("doubtful", "boot_ns", "boot_id"):
        op.drop_column("archived_frame", column)
