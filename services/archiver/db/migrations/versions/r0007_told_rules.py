"""What ingest told of each camera's archive."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_rule",
        sa.Column("camera_key", sa.String(length=63), nullable=False),
        sa.Column("archive_keep", sa.String(length=200), nullable=True),
        sa.Column("archive_max_bytes", sa.BigInteger(), nullable=False),
        sa.Column("capture_when", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("camera_key", name="pk_told_rule"),
    )


def downgrade() -> None:
    op.drop_table("told_rule")
