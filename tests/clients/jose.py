"""Node with jose, in the version that the Node example asks for."""

import json
import shutil
from pathlib import Path

import pytest

from clients.installing import installed, missing

PACKAGE = Path(__file__).parents[2] / "examples" / "services" / "node" / "package.json"


def node() -> str:
    """The command that runs a script."""
    return shutil.which("node") or missing("node is missing; Debian's package nodejs has it")


def folder_with_jose(config: pytest.Config) -> Path:
    """Where npm installed jose: in `node_modules`, for scripts in this folder."""
    npm = shutil.which("npm") or missing("npm is missing; Debian's package npm has it")
    said = PACKAGE.read_text()

    def install(folder: Path) -> list[str]:
        (folder / "package.json").write_text(said)
        return [npm, "install", "--no-audit", "--no-fund", "--no-package-lock"]

    name = f"jose-{json.loads(said)['dependencies']['jose']}"
    return installed(config, name, install, by="npm")
