"""A base image from Debian's packages alone, for where no image can be pulled."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from pathlib import Path

from .engines import Failed, call

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
NAME = f"localhost/auth-emulator-base:{SUITE}"
NOT_NEEDED_TO_RUN = (
    "usr/share/doc",
    "usr/share/locale",
    "usr/share/man",
    "var/cache/apt",
    "var/lib/apt/lists",
)


def make_archive(archive: Path) -> None:
    if not shutil.which("debootstrap"):
        raise Failed(
            "debootstrap is not installed (apt-get install debootstrap), and no --base was given"
        )
    with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
        root, log = Path(scratch, "root"), Path(scratch, "log")
        include = f"--include={','.join(PACKAGES)}"
        # What it mounts and starts in namespaces of its own is gone with it.
        alone = ["unshare", "--mount-proc", "--pid", "--fork", "--kill-child"]
        argv = [*alone, "debootstrap", "--variant=minbase", include, SUITE, str(root)]
        with log.open("w") as output:
            try:
                call(argv, longest=900, output=output)
            except Failed as failed:
                raise Failed(f"{failed}\n{log.read_text()[-3000:]}") from None
        for folder in NOT_NEEDED_TO_RUN:
            shutil.rmtree(root / folder)
            (root / folder).mkdir()
        unfinished = archive.with_suffix(".unfinished")
        with tarfile.open(unfinished, "w") as tar:
            tar.add(root, arcname=".")
        unfinished.rename(archive)
