"""How this machine's pip reaches a package index, made into secrets of a build.

The Dockerfile works without them. A network with an index, a proxy or a certificate
authority of its own has told its pip so; a build in a container would not know.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

HANDED_ON = (
    "index-url",
    "extra-index-url",
    "trusted-host",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
)


def build_secrets(folder: Path) -> dict[str, Path]:
    """The secrets `pip.conf` and `ca-certificates`, each if this machine has any."""
    settings = configured()
    certificates = settings.get("cert") or os.environ.get("SSL_CERT_FILE", "")
    lines = [
        f"{name} = {value}" for name in HANDED_ON if (value := reachable(settings.get(name, "")))
    ]
    secrets = {}
    if certificates and Path(certificates).is_file():
        secrets["ca-certificates"] = Path(certificates)
        lines.append("cert = /run/secrets/ca-certificates")
    if lines:
        secrets["pip.conf"] = folder / "pip.conf"
        secrets["pip.conf"].write_text("\n".join(["[global]", *lines, ""]))
        secrets["pip.conf"].chmod(0o600)
    return secrets


def configured() -> dict[str, str]:
    """What pip reads from its files and from PIP_*, as `global.name='value'` lines."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    settings = {}
    for line in sorted(listed.stdout.splitlines(), reverse=True):  # ":env:" last: it wins
        name, _, value = line.partition("=")
        settings[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    return settings


def reachable(value: str) -> str:
    """Without the indexes that are folders of this machine."""
    return " ".join(part for part in value.split() if not part.startswith(("file:", "/")))
