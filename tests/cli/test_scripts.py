"""What the scripts of a clone do beside installing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "environment", tmp_path / "scripts")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "emulator").mkdir()
    source = tmp_path / "emulator" / "app.py"
    source.write_text("A = 1\n")
    os.utime(source, (0, 0))  # compileall tells sources apart by the second
    return tmp_path


def compiled(clone: Path) -> tuple[int, bytes]:
    """The bytecode, and when it was written, after a script compiled what it had to."""
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", ". scripts/environment; compile_package"],
        cwd=clone,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        timeout=30,
    )
    (file,) = (clone / "emulator" / "__pycache__").iterdir()
    return file.stat().st_mtime_ns, file.read_bytes()


def test_bytecode_is_written_where_python_may_not_write_it_and_only_when_a_source_changed(
    clone: Path,
) -> None:
    first = compiled(clone)
    assert compiled(clone) == first
    (clone / "emulator" / "app.py").write_text("A = 22\n")
    changed = compiled(clone)
    assert changed[1] != first[1]
    assert compiled(clone) == changed
