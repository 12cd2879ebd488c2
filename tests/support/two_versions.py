"""A source archive with two versions built from this tree, the newer one with a migration and a default of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "0.1.0", "0.2.0"
NOVELTY = "# A line that only the newer version's example has."
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0099", "{head}", None, None


def upgrade():
    with op.batch_alter_table("calls") as batch_op:
        batch_op.add_column(sa.Column("novelty", sa.String(10)))


def downgrade():
    with op.batch_alter_table("calls") as batch_op:
        batch_op.drop_column("novelty")
"""


def wheel_of(archive: Path, version: str) -> Path:
    """Where the archive has the wheel of a version."""
    return archive / "dist" / f"callengine-{version}-py3-none-any.whl"


@contextmanager
def source_archive() -> Iterator[Path]:
    """The folder of a source archive with both wheels in dist/."""
    with tempfile.TemporaryDirectory(prefix="callengine-archive-") as name:
        root = Path(name)
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for path in listed.stdout.splitlines():
            if (ROOT / path).is_file():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, root / path)
        _build(root)
        head = sorted(path.name[:4] for path in (root / "storage/migrations/versions").glob("[0-9]*.py"))[-1]
        novelty = root / "storage/migrations/versions/0099_novelty.py"
        novelty.write_text(MIGRATION.format(head=head))
        originals = {
            _replace(root / "pyproject.toml", f'version = "{OLD}"', f'version = "{NEW}"'),
            _replace(root / "config/example.py", 'head = (\n        "', f'head = (\n        "{NOVELTY}\\n'),
        }
        _build(root)
        novelty.unlink()
        for changed, original in originals:
            changed.write_text(original)
        yield root


def _replace(path: Path, old: str, new: str) -> tuple[Path, str]:
    original = path.read_text()
    assert original.count(old) == 1, (path, old)
    path.write_text(original.replace(old, new))
    return path, original


def _build(root: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "-q", "wheel", "--no-deps", "--no-build-isolation", "-w", "dist", "."],
        cwd=root,
        check=True,
        capture_output=True,
    )
