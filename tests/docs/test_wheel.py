"""What is installed from a wheel, away from the source tree."""

import subprocess
import sys
import zipfile
from pathlib import Path


def test_the_wheel_holds_fixtures_assets_licences_and_types(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "emulator/fixtures/demo.yaml",
        "emulator/fixtures/fixture.schema.json",
        "emulator/fixtures/signing-client.pub",
        "emulator/fixtures/signing-client.demo-private-key.pem",
        "emulator/http/swagger_ui/swagger-ui-bundle.js",
        "emulator/cli/fixture.template.yaml",
        "emulator/http/swagger_ui/LICENSE",
        "emulator/py.typed",
    ):
        assert wanted in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


def test_the_demo_is_served_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (
        "import emulator, emulator.app as app; print(emulator.__file__); print(app.demo_fixture());"
        "app.create_app()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        str(tmp_path / "emulator" / "__init__.py"),
        str(tmp_path / "emulator" / "fixtures" / "demo.yaml"),
    ]
