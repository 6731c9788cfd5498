"""Where things meet: vendors, fixture, realm, stage. Nothing else knows them all."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Self, cast

from pydantic import Field, create_model

from emulator.control.operations import control_api
from emulator.core import fixture as fixtures
from emulator.core.clock import Clock
from emulator.core.fixture.mistakes import Mistake
from emulator.core.fixture.sections import FixtureModel, SectionModel
from emulator.core.ids import Ids
from emulator.core.realm import DEFAULT, Realm
from emulator.core.store import MemoryStore, Store
from emulator.vendors.nbcgate.fixture import NbcGateSection
from emulator.vendors.nbcgate.operations import API as NBCGATE
from emulator.vendors.omniomni.fixture import OmniOmniSection
from emulator.vendors.omniomni.operations import API as OMNIOMNI
from emulator.vendors.vault.fixture import VaultSection
from emulator.vendors.vault.operations import API as VAULT
from emulator.web.operation import Api
from emulator.web.stage import AsgiApp, Stage

VENDORS: tuple[tuple[Api, type[SectionModel]], ...] = (
    (OMNIOMNI, OmniOmniSection),
    (NBCGATE, NbcGateSection),
    (VAULT, VaultSection),
)
"""Every vendor, a line each; its FastAPI routes are found by its name."""

Source = Path | str | Sequence[Path | str] | Mapping[str, Any] | None
"""A fixture: a file or folder, several of them, data, or None for the demo."""

_log = logging.getLogger("emulator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What an emulator is made from.

    `reasons` sends `X-Emulator-Reason` with each refusal. `dated` sends a `Date` header by the
    realm's clock: for a server that sends none of its own.
    """

    fixture: Source = None
    reasons: bool = True
    dated: bool = False

    @classmethod
    def from_environment(cls) -> Self:
        """As AUTH_EMULATOR_FIXTURE (files and folders, as in PATH) and _NO_REASONS say."""
        named = os.environ.get("AUTH_EMULATOR_FIXTURE", "")
        return cls(
            fixture=[path for path in named.split(os.pathsep) if path] or None,
            reasons=os.environ.get("AUTH_EMULATOR_NO_REASONS", "") in ("", "0", "false"),
        )


def create_app(
    config: Config | None = None, *, clock: Clock | None = None, store: Store | None = None
) -> Stage:
    """The emulator as an ASGI application; without `config`, as the environment says.

    `clock` and `store` take the place of the fixture's clock and of memory. Raises FixtureError
    with every mistake of the fixture.
    """
    config = config or Config.from_environment()
    fixture, oddities = load_fixture(config.fixture)
    for oddity in oddities:
        _log.warning("%s", replace(oddity, warning=False))
    sections = (
        (getattr(fixture, api.name) or section.empty()).compiled(fixture.seed)
        for api, section in VENDORS
    )
    realm = Realm(
        DEFAULT,
        sections,
        clock=clock or Clock(fixture.clock),
        ids=Ids(fixture.seed),
        store=store or MemoryStore(),
    )
    vendors = [api for api, _ in VENDORS]
    return Stage(
        realm,
        (*vendors, control_api(api.name for api in vendors)),
        make_site=lambda stage: _site(stage, fixture),
        reasons=config.reasons,
        dated=config.dated,
    )


def load_fixture(source: Source) -> tuple[FixtureModel, list[Mistake]]:
    """The fixture and its warnings; FixtureError with every mistake where there is one."""
    if isinstance(source, Mapping):
        document = fixtures.from_mapping(source)
    else:
        document = fixtures.read(paths_of(source))
    return fixtures.validated(document, fixture_model())


def paths_of(source: Path | str | Sequence[Path | str] | None) -> list[Path]:
    """The files and folders that a source names; the demo's where it names none."""
    if source is None:
        return [demo_fixture()]
    named = [source] if isinstance(source, Path | str) else source
    return [Path(path) for path in named]


def demo_fixture() -> Path:
    """The demo: inside the package where it was installed, beside it in a clone."""
    package = Path(__file__).parent
    inside = package / "fixtures" / "demo.yaml"
    return inside if inside.exists() else package.parent / "fixtures" / "demo.yaml"


@cache
def fixture_model() -> type[FixtureModel]:
    """The model of a whole fixture: what is common, and a section for each vendor."""
    fields: dict[str, Any] = {
        api.name: (
            section | None,
            Field(None, description=(section.__doc__ or "").partition("\n")[0]),
        )
        for api, section in VENDORS
    }
    model = create_model("Fixture", __base__=FixtureModel, **fields)
    return cast(type[FixtureModel], model)


def fixture_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a fixture."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **fixture_model().model_json_schema(),
        "title": "A fixture of auth-emulator",
    }


def _site(stage: Stage, fixture: FixtureModel) -> AsgiApp:
    """The FastAPI application: every vendor's router, their docs, the start page."""
    # Here, as FastAPI takes longer to import than everything that a sign-in needs.
    from emulator.console.page import start_page
    from emulator.web.site import build_site

    pages = []
    for api, _ in VENDORS:
        routes = import_module(f"emulator.vendors.{api.name}.routes")
        section = stage.realm.sections[api.name]
        pages.append((api, routes.page(section, show_passwords=fixture.show_passwords)))
    return build_site(stage, pages, start_page)
