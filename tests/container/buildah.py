"""Buildah, which builds images where no engine runs, and this kernel's own means to run them.

Buildah's `run` is made for building: it has no read-only root and hands on no signals.
So a container is started here as an engine would do it: its image's files bound
read-only, namespaces of its own for mounts, processes and network (port 8080 is free
there, and nobody else reaches it), the image's user, no way to new privileges.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .engines import LONGEST_BUILD, LONGEST_CALL, Build, Container, Failed, Mount, answers, call

# Becomes the container's process 1 by its last line.
# $1 root, $2 user, $3 group, $4 folder to mount and $5 where, $6 folder that can be written
ENTER = """
set -eu
root=$1 user=$2 group=$3 source=$4 target=$5 cache=$6
shift 6
ip link set lo up
mount --bind "$root" "$root"
if [ -n "$source" ]; then
    mount --bind "$source" "$root$target"
    mount -o remount,bind,ro "$root$target"
fi
if [ -n "$cache" ]; then
    mount --bind "$root$cache" "$root$cache"
fi
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom; do
    : > "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs env -i "$@"
"""


class Buildah:
    def __init__(self, scratch: Path, build_log: Path) -> None:
        store = scratch / "buildah"
        self._temporary = store / "tmp"
        self._temporary.mkdir(parents=True, exist_ok=True)
        self._command = ["buildah", "--root", f"{store}/root", "--runroot", f"{store}/run"]
        # overlay is several times as fast; vfs works on every file system.
        overlay = [*self._command, "--storage-driver", "overlay"]
        fastest = "overlay" if answers(*overlay, "info") else "vfs"
        self.driver = os.environ.get("STORAGE_DRIVER") or fastest
        self._command += ["--storage-driver", self.driver]
        self._environment = {
            **os.environ,
            "TMPDIR": str(self._temporary),
            "BUILDAH_ISOLATION": "chroot",
        }
        self._build_log = build_log
        self._roots: dict[str, Path] = {}

    def _call(self, *argv: str) -> str:
        return call([*self._command, *argv], environment=self._environment).strip()

    def import_base(self, archive: Path, name: str) -> None:
        working = self._call("from", "scratch")
        self._call("add", "--quiet", working, str(archive), "/")
        self._call("commit", "--quiet", "--rm", working, name)

    def has_image(self, name: str) -> bool:
        return name in self._call("images", "--all", "--format", "{{.Name}}:{{.Tag}}").split()

    def build(self, build: Build, tag: str, target: str | None = None) -> None:
        # OCI, the default format, has no place for a HEALTHCHECK.
        argv = [
            *self._command,
            "build",
            "--layers",
            "--format",
            "docker",
            *build.arguments(tag, target),
        ]
        with self._build_log.open("a") as log:
            call(argv, longest=LONGEST_BUILD, environment=self._environment, output=log)

    def config(self, image: str) -> dict[str, Any]:
        config: dict[str, Any] = json.loads(self._call("inspect", "--type", "image", image))[
            "Docker"
        ]["config"]
        return config

    def size(self, image: str) -> int:
        manifest = json.loads(
            json.loads(self._call("inspect", "--type", "image", image))["Manifest"]
        )
        return sum(layer["size"] for layer in manifest["layers"])

    def root_of(self, image: str) -> Path:
        """The image's files, unpacked once; each container sees them read-only."""
        if image not in self._roots:
            self._roots[image] = Path(self._call("mount", self._call("from", image)))
        return self._roots[image]

    def start(
        self, image: str, argv: Sequence[str], mount: Mount | None, cache: str | None
    ) -> Container:
        entry = self.entry(image, argv, mount, cache, {})
        return BuildahContainer(self, image, entry, self._temporary / "container.log")

    def entry(
        self,
        image: str,
        argv: Sequence[str],
        mount: Mount | None,
        cache: str | None,
        environment: Mapping[str, str],
    ) -> list[str]:
        root, config = self.root_of(image), self.config(image)
        user, _, group = config["User"].partition(":")
        if mount:
            (root / mount.target.lstrip("/")).mkdir(exist_ok=True)  # as engines do
        variables = [*config["Env"], *(f"{name}={value}" for name, value in environment.items())]
        program = [*config["Entrypoint"], *(argv or config["Cmd"])]
        chroot = ["/usr/sbin/chroot", f"--userspec={user}:{group}", "--groups=", str(root)]
        places = [str(mount.source), mount.target] if mount else ["", ""]
        positional = [str(root), user, group, *places, cache or ""]
        return ["sh", "-c", ENTER, "sh", *positional, *variables, *chroot, *program]

    def close(self) -> None:
        """Containers of a storage that is kept would keep their images too."""
        self._call("rm", "--all")
        self._call("rmi", "--prune")


class BuildahContainer:
    def __init__(self, engine: Buildah, image: str, entry: Sequence[str], log: Path) -> None:
        self._engine = engine
        self._config = engine.config(image)
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--net", "--pid", "--fork", *entry],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._init = self._only_child()

    def _only_child(self) -> int:
        """`unshare` stays outside; what it forked is process 1 of the namespace."""
        while self._process.poll() is None:
            children = Path(
                f"/proc/{self._process.pid}/task/{self._process.pid}/children"
            ).read_text()
            if children:
                return int(children)
        raise Failed(f"the container did not start: {self.log()}")

    def inside(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        user, _, group = self._config["User"].partition(":")
        enter = ["nsenter", "--target", str(self._init), "--mount", "--pid", "--net", "--root"]
        return subprocess.run(
            [*enter, "--setuid", user, "--setgid", group, "env", "-i", *self._config["Env"], *argv],
            capture_output=True,
            text=True,
            timeout=LONGEST_CALL,
            check=False,
        )

    def beside(
        self, image: str, argv: Sequence[str], mount: Mount, environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        entry = self._engine.entry(image, argv, mount, None, environment)
        return subprocess.Popen(
            ["nsenter", "--target", str(self._init), "--net", "unshare", "--mount", *entry],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def terminate(self) -> None:
        os.kill(self._init, signal.SIGTERM)

    def exit_status(self, longest: float) -> int:
        try:
            return self._process.wait(longest)
        except subprocess.TimeoutExpired:
            raise Failed(f"the container still runs {longest:.0f} s after SIGTERM") from None

    def log(self) -> str:
        return self._log.read_text()

    def remove(self) -> None:
        if self._process.poll() is None:
            os.kill(self._init, signal.SIGKILL)
            self._process.wait(LONGEST_CALL)
