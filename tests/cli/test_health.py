"""`auth-emulator health`: the health check of a container."""

from pathlib import Path

import pytest
from commands import ran, serving

from emulator.settings import Settings

FIXTURE = Path(__file__).parents[2] / "fixtures" / "demo.yaml"


@pytest.mark.parametrize("port", [None, ""], ids=["unset", "empty"])
def test_it_finds_the_server_of_this_machine_at_any_port(port: str | None, tmp_path: Path) -> None:
    here = {"AUTH_EMULATOR_CACHE_DIR": str(tmp_path)}
    given = here if port is None else here | {"AUTH_EMULATOR_PORT": port}
    with serving(FIXTURE, **given) as (process, url, _):
        done = ran("health", **given)
        assert (done.status, done.stdout) == (0, f"healthy: {url}\n")
        process.terminate()
        process.wait(10)
    done = ran("health", **given | {"AUTH_EMULATOR_PORT": "1"})
    assert done.status == 1
    assert "no emulator responds at http://127.0.0.1:1" in done.stderr


def test_the_url_of_another_server_can_be_given(tmp_path: Path) -> None:
    here = {"AUTH_EMULATOR_CACHE_DIR": str(tmp_path / "a")}
    with serving(FIXTURE, **here) as (_, url, _lines):
        elsewhere = {"AUTH_EMULATOR_CACHE_DIR": str(tmp_path / "b")}
        assert ran("health", url, **elsewhere).status == 0
        missing = ran("health", f"{url}/realms/none", **elsewhere)
        assert (missing.status, missing.stdout) == (1, "")
        assert "is not a healthy emulator (HTTP 404)" in missing.stderr


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with serving(FIXTURE, AUTH_EMULATOR_CACHE_DIR=str(file)) as (_, url, _lines):
        assert ran("health", url).status == 0


def test_every_variable_that_is_empty_counts_as_unset() -> None:
    names = ["HOST", "LOG_FORMAT", "WATCH", "TLS", "TLS_PORT", "TLS_HOST", "CA_FILE", "PORT"]
    names += [name.upper() for name in Settings.model_fields]
    empty = {f"AUTH_EMULATOR_{name}": "" for name in names}
    with serving(FIXTURE, **empty) as (_, url, _lines):
        assert url.startswith("http://127.0.0.1:")
