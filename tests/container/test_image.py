"""scripts/image, where something is there to build an image with."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .engines import answers

PROJECT = Path(__file__).resolve().parents[2]


def what_is_missing() -> str:
    if answers("docker", "info") or answers("podman", "info"):
        return ""
    if os.geteuid() != 0:
        return "neither docker nor podman answers, and buildah is used as root only"
    packages = {"buildah": "buildah", "debootstrap": "debootstrap", "ip": "iproute2"}
    missing = [package for command, package in packages.items() if not shutil.which(command)]
    return f"apt-get install {' '.join(missing)}" if missing else ""


def test_the_image_builds_and_does_all_that_is_asked_of_it() -> None:
    missing = what_is_missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)

    done = subprocess.run(
        [PROJECT / "scripts" / "image"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "the image is as it should be" in done.stdout
