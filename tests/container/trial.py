"""Builds the image and tries it. Run by scripts/image."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from . import debian_base, pip_settings
from .buildah import Buildah
from .docker import Docker
from .engines import Build, Container, Engine, Failed, Mount, answers

PROJECT = Path(__file__).resolve().parents[2]
IMAGE = "localhost/auth-emulator:trial"
EXAMPLE = "localhost/auth-emulator:trial-example"
CACHE = "/var/cache/auth-emulator"
PORT = 8080  # in the container's own network, where it is always free

HEALTHY_WITHIN = 20.0  # seconds
IDLE_STOP_WITHIN = 1.0
BUSY_STOP_WITHIN = 8.0

STATE_OF_PROCESS_1 = """
import json, os
uid = next(line.split()[1] for line in open("/proc/1/status") if line.startswith("Uid:"))
read_only = {path: bool(os.statvfs(path).f_flag & os.ST_RDONLY) for path in ("/", "/fixtures")}
print(json.dumps({"uid": int(uid), "read_only": read_only}))
"""


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def check(what: str, *, holds: bool, otherwise: str) -> None:
    if not holds:
        raise Failed(f"not so: {what} ({otherwise})")
    say(f"ok: {what}")


def choose(wanted: str | None, scratch: Path) -> Engine:
    log = scratch / "build.log"
    for command in [wanted] if wanted else ["docker", "podman", "buildah"]:
        if command == "buildah" and answers("buildah", "--version"):
            if os.geteuid() != 0:
                raise Failed(
                    "buildah is used here as root only; with podman or docker anybody will do"
                )
            engine = Buildah(scratch, log)
            say(f"using buildah (chroot isolation, {engine.driver} storage)")
            return engine
        if command != "buildah" and answers(command, "info"):
            say(f"using {command}")
            return Docker(command, log)
        say(f"{command}: not installed, or its engine does not answer")
    raise Failed("nothing to build an image with: install docker, podman or buildah")


def base_for(engine: Engine, wanted: str | None, scratch: Path) -> str | None:
    if wanted is None and not isinstance(engine, Buildah):
        return None
    if wanted not in (None, "debian"):
        return wanted
    if not engine.has_image(debian_base.NAME):
        began = time.monotonic()
        archive = scratch / "base.tar"
        if not archive.exists():
            debian_base.make_archive(archive)
        engine.import_base(archive, debian_base.NAME)
        say(f"made a base of Debian {debian_base.SUITE} in {time.monotonic() - began:.0f} s")
    return debian_base.NAME


def build(engine: Engine, base: str | None, scratch: Path) -> None:
    secrets = pip_settings.build_secrets(scratch)
    if secrets:
        say(f"handing this machine's pip settings to the build: {', '.join(sorted(secrets))}")
    plan = Build(PROJECT, base, secrets)
    began = time.monotonic()
    try:
        engine.build(plan, EXAMPLE, target="example")
        engine.build(plan, IMAGE)
    except Failed as failed:
        raise Failed(f"{failed}\n{(scratch / 'build.log').read_text()[-5000:]}") from None
    say(f"ok: builds, in {time.monotonic() - began:.0f} s")


def check_configuration(engine: Engine) -> list[str]:
    """Returns the image's own health check, as a command."""
    config = engine.config(IMAGE)
    user = config.get("User", "").partition(":")[0]
    check(
        "its user is a number, and not root's",
        holds=user.isdigit() and user != "0",
        otherwise=f"it is {user!r}",
    )
    entrypoint = config.get("Entrypoint")
    check(
        "its entry point is auth-emulator",
        holds=entrypoint == ["auth-emulator"],
        otherwise=f"it is {entrypoint}",
    )
    test = (config.get("Healthcheck") or {}).get("Test") or [""]
    check(
        "it has a health check without a shell", holds=test[0] == "CMD", otherwise=f"it is {test}"
    )
    return [*test[1:]]


@contextmanager
def running(
    engine: Engine, health: list[str], argv: list[str], mount: Mount | None, cache: str | None
) -> Iterator[Container]:
    container = engine.start(IMAGE, argv, mount, cache)
    try:
        wait_until_healthy(container, health)
        yield container
    except Failed as failed:
        raise Failed(f"{failed}\nthe container said:\n{container.log()[-3000:]}") from None
    finally:
        container.remove()


def wait_until_healthy(container: Container, health: list[str]) -> None:
    began = time.monotonic()
    while (answer := container.inside(health)).returncode:
        if time.monotonic() - began > HEALTHY_WITHIN:
            raise Failed(f"not healthy after {HEALTHY_WITHIN:.0f} s: {answer.stderr[-500:]}")
        time.sleep(0.1)
    say(f"ok: healthy after {time.monotonic() - began:.1f} s, by its own health check")


def try_with_fixtures(engine: Engine, health: list[str]) -> None:
    say("read-only, fixtures mounted, a folder for keys:")
    fixtures = Mount(PROJECT / "fixtures", "/fixtures")
    argv = ["serve", "/fixtures/demo.yaml", "--host", "0.0.0.0"]
    with running(engine, health, argv, fixtures, CACHE) as container:
        check_process(container)
        check_example(container)
        began = time.monotonic()
        container.terminate()
        status = container.exit_status(BUSY_STOP_WITHIN)
        took = time.monotonic() - began
        check(
            f"SIGTERM when idle stops it within a second: {took:.2f} s",
            holds=took <= IDLE_STOP_WITHIN,
            otherwise="it took longer",
        )
        check("its exit status then is 0", holds=status == 0, otherwise=f"it is {status}")


def check_process(container: Container) -> None:
    seen = container.inside(["python3", "-c", STATE_OF_PROCESS_1])
    if seen.returncode:
        raise Failed(f"could not look at process 1: {seen.stderr}")
    state = json.loads(seen.stdout)
    uid = state["uid"]
    check(f"the process is not root's: its uid is {uid}", holds=uid != 0, otherwise="root's")
    check(
        "root file system and fixtures are read-only",
        holds=all(state["read_only"].values()),
        otherwise=seen.stdout,
    )


def check_example(container: Container) -> None:
    examples = Mount(PROJECT / "examples", "/examples")
    url = {"EMULATOR_URL": f"http://127.0.0.1:{PORT}"}
    client = container.beside(EXAMPLE, ["/examples/sign_in_to_all.py"], examples, url)
    try:
        said = client.communicate(timeout=60)[0]
    finally:
        client.kill()
    check(
        "the example signs in to all three vendors",
        holds=client.returncode == 0,
        otherwise=said.strip(),
    )


def try_with_nothing(engine: Engine, health: list[str]) -> None:
    say("read-only, with nothing mounted:")
    with running(engine, health, [], None, None) as container:
        folder = Mount(PROJECT / "tests" / "container", "/trial")
        argv = ["/trial/requests_in_flight.py", str(PORT)]
        client = container.beside(EXAMPLE, argv, folder, {})
        try:
            first = client.stdout.readline() if client.stdout else ""
            if first == "in flight\n":
                container.terminate()
            said = first + client.communicate(timeout=60)[0]
        finally:
            client.kill()
        if client.returncode:
            raise Failed(f"no requests were in flight: {said}")
        status = container.exit_status(BUSY_STOP_WITHIN)
        count = json.loads(said.splitlines()[-1])
        check(
            f"SIGTERM when busy leaves none of {count['begun']} requests unanswered",
            holds=count["answered"] == count["begun"],
            otherwise=f"{count['answered']} answered; {count['unanswered'][:5]}",
        )
        check("its exit status then is 0", holds=status == 0, otherwise=f"it is {status}")


def stop(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/image", description=__doc__)
    parser.add_argument(
        "--engine", choices=["docker", "podman", "buildah"], help="default: the first that answers"
    )
    parser.add_argument(
        "--base",
        metavar="IMAGE",
        help="'debian' makes one with debootstrap, the default with buildah; else the Dockerfile's",
    )
    parser.add_argument(
        "--keep",
        metavar="DIR",
        default=os.environ.get("AUTH_EMULATOR_IMAGE_KEEP"),
        help="keep base and layers here for the next run; default: $AUTH_EMULATOR_IMAGE_KEEP",
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)  # so that what was started is removed
    try:
        with ExitStack() as leaving:
            if arguments.keep:
                scratch = Path(arguments.keep).resolve()
                scratch.mkdir(parents=True, exist_ok=True)
            else:
                scratch = Path(tempfile.mkdtemp(prefix="auth-emulator-image-"))
                leaving.callback(shutil.rmtree, scratch)
            (scratch / "build.log").write_text("")
            engine = choose(arguments.engine, scratch)
            leaving.callback(engine.close)
            build(engine, base_for(engine, arguments.base, scratch), scratch)
            health = check_configuration(engine)
            try_with_fixtures(engine, health)
            try_with_nothing(engine, health)
            say(f"the image is as it should be: {engine.size(IMAGE) / 1e6:.0f} MB")
    except (Failed, subprocess.TimeoutExpired) as failed:
        sys.exit(f"FAILED: {failed}")


if __name__ == "__main__":
    main()
