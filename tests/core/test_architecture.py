"""The house rules that a program can hold."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cases import NBCGATE, OMNIOMNI, VAULT
from commands import serving

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "emulator").rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
OF_A_SIGN_IN = {
    *("cryptography", "msgspec", "orjson", "yaml"),
    "typing_extensions",  # msgspec takes it where it is installed
    *("uvicorn", "uvloop", "httptools"),
    *("click", "watchfiles", "anyio", "cython_runtime"),  # uvicorn and uvloop bring them
}
"""The packages that a served sign-in imports; each costs every start its time.

Beside them platformdirs, where nothing says in which folder made keys are kept.
"""

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "service", "services"}


def test_the_import_contracts_are_kept() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_a_served_sign_in_imports_these_packages_and_no_others(tmp_path: Path) -> None:
    modules = modules_of_a_served_sign_in(tmp_path)
    packages = {name.partition(".")[0] for name in modules}
    # What begins with _ are extension modules that came with one of the packages.
    foreign = {name for name in packages if not name.startswith("_")} - sys.stdlib_module_names
    assert foreign - {"emulator", "sitecustomize"} == OF_A_SIGN_IN
    of_the_control_api = {name for name in modules if name.startswith("emulator.control.")}
    assert of_the_control_api == {"emulator.control.outcomes"}


def modules_of_a_served_sign_in(tmp_path: Path) -> list[str]:
    """What `auth-emulator serve` has imported, as it ends, after a sign-in at each vendor."""
    seen = tmp_path / "modules"
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, pathlib, sys\n"
        f"file = pathlib.Path({str(seen)!r})\n"
        "atexit.register(lambda: file.write_text(' '.join(sys.modules)))\n"
    )
    of_nbcgate = {"email": "alice@example.com", "password": "correct-horse"}
    of_vault = {
        "grant_type": "password",
        "client_id": "haequi3Aah8lie2r",
        "username": "alice@example.com",
        "password": "A9#bL8@z",
    }
    with serving(PYTHONPATH=str(tmp_path)) as (process, url, _):
        for path, body in (
            (OMNIOMNI, {"clientId": "demo-client"}),
            (NBCGATE, of_nbcgate),
            (VAULT, of_vault),
        ):
            assert httpx.post(url + path, json=body, trust_env=False).is_success
        process.terminate()
        process.wait(10)
    return seen.read_text().split()


@pytest.mark.parametrize(
    "source", [*SOURCES, *BENCHMARKS], ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_file_is_short_named_for_what_it_holds_and_says_what_it_is_for(source: Path) -> None:
    text = source.read_text()
    assert len(text.splitlines()) <= 300
    assert source.stem not in VAGUE
    assert ast.get_docstring(ast.parse(text))


def test_one_file_reads_the_machines_time_and_one_makes_random_ids() -> None:
    reads = re.compile(r"(?<!\.)\btime\.(time|monotonic)\b|datetime\.(now|utcnow)\(")
    random = re.compile(r"^import random|uuid4\(", re.MULTILINE)
    assert [s.name for s in SOURCES if reads.search(s.read_text())] == ["clock.py"]
    assert [s.name for s in SOURCES if random.search(s.read_text())] == ["ids.py"]
