"""Where things meet: vendors, fixture, realm, stage. Nothing else knows them all."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from emulator.config import Config as Config  # noqa: PLC0414 - callers know it from here
from emulator.config import Source as Source  # noqa: PLC0414 - the same
from emulator.control.outcomes import ABOUT_VENDORS, VERIFYING
from emulator.core import fixture as fixtures
from emulator.core.clock import Clock
from emulator.core.defects import aimed
from emulator.core.fixture.faults import FaultModel, fault_model
from emulator.core.fixture.mistakes import Mistake, told
from emulator.core.fixture.resources import ResourceModel, resource_model
from emulator.core.fixture.schema import json_schema
from emulator.core.fixture.sections import SectionModel
from emulator.core.fixture.whole import FixtureModel
from emulator.core.realm import DEFAULT, Blueprint, Realm, Settings
from emulator.core.realms import Realms
from emulator.core.resources import ANY_METHOD, Resources, compiled_path
from emulator.core.shapes.kinds import Later, Listed, Maybe
from emulator.core.shapes.shape import Shaped, member
from emulator.core.store import MemoryStore, Store
from emulator.vendors.nbcgate.fixture import NbcGateSection
from emulator.vendors.nbcgate.operations import API as NBCGATE
from emulator.vendors.omniomni.fixture import OmniOmniSection
from emulator.vendors.omniomni.operations import API as OMNIOMNI
from emulator.vendors.vault.fixture import VaultSection
from emulator.vendors.vault.operations import API as VAULT
from emulator.web.caller import TrustedProxies
from emulator.web.cors import Cors
from emulator.web.door import Door
from emulator.web.operation import Api, Endpoint
from emulator.web.resource import OPERATION as RESOURCE
from emulator.web.stage import Stage
from emulator.web.table import Table
from emulator.web.visit import AsgiApp

VENDORS: tuple[tuple[Api, type[SectionModel]], ...] = (
    (OMNIOMNI, OmniOmniSection),
    (NBCGATE, NbcGateSection),
    (VAULT, VaultSection),
)
"""Every vendor, a line each; its FastAPI routes are found by its name."""

_log = logging.getLogger("emulator")


class Loaded(Struct, frozen=True):
    """A fixture that was read, ready to be taken up, and what is odd in it."""

    fixture: FixtureModel
    blueprint: Blueprint
    oddities: list[Mistake]


def create_app(
    config: Config | None = None, *, clock: Clock | None = None, store: Store | None = None
) -> Stage:
    """The emulator as an ASGI application; without `config`, as the environment says.

    `clock` and `store` take the place of the fixture's clock and of memory. Raises FixtureError
    with every mistake of the fixture.
    """
    config = config or Config.from_environment()
    loaded = checked(document_of(config.fixture))
    for line in told([replace(oddity, warning=False) for oddity in loaded.oddities]):
        _log.warning("%s", line)
    settings = Settings(config.show_codes, config.journal_entries)
    store = store or MemoryStore(log_bytes=config.journal_mib * 1024 * 1024)
    realms = Realms(loaded.blueprint, store, clock=clock, settings=settings)
    return Stage(
        realms,
        Table([api for api, _ in VENDORS], partial(_control, config, realms)),
        make_site=partial(_site, loaded.fixture),
        reasons=config.reasons,
        dated=config.dated,
        door=Door(
            bound_to=config.bound_to,
            allowed_hosts=config.allowed_hosts,
            admin_token=config.admin_token,
            proxies=TrustedProxies(config.trusted_proxies),
        ),
        cors=Cors(config.cors_origins) if config.cors_origins else None,
    )


def take_up(stage: Stage, fixture: FixtureModel, made: Blueprint) -> None:
    """Let a running emulator go on with another fixture, of which `made` is the blueprint."""
    stage.take_up(made, partial(_site, fixture))


def blueprint(fixture: FixtureModel) -> Blueprint:
    """What realms are made from that follow this fixture."""
    sections = {
        api.name: (getattr(fixture, api.name) or section.empty()).compiled(fixture.seed)
        for api, section in VENDORS
    }
    return Blueprint(
        sections,
        Resources(resource.compiled() for resource in fixture.resources),
        tuple(aimed(fault.compiled(), sections) for fault in fixture.faults),
        fixture.clock_start(),
        fixture.seed,
    )


def blueprint_in(data: Mapping[str, Any]) -> Blueprint:
    """The blueprint of a fixture that came over HTTP; it names no file and no `${NAME}`.

    Raises FixtureError with every mistake.
    """
    document = fixtures.from_http(data)
    fixture, _ = fixtures.validated(document, fixture_model())
    return blueprint(fixture)


def load_fixture(source: Source) -> tuple[FixtureModel, list[Mistake]]:
    """The fixture and its warnings; FixtureError with every mistake where there is one."""
    loaded = checked(document_of(source))
    return loaded.fixture, loaded.oddities


def document_of(source: Source) -> fixtures.Document:
    """What a source says, unchecked."""
    if isinstance(source, Mapping):
        return fixtures.from_mapping(source)
    return fixtures.read(paths_of(source))


def checked(document: fixtures.Document) -> Loaded:
    """The fixture of a document; FixtureError with every mistake."""
    fixture, oddities = fixtures.validated(document, fixture_model())
    if not document.data:
        said = "nobody can sign in: the fixture is empty"
        oddities.append(Mistake(document.place(()), (), said, warning=True))
    made = blueprint(fixture)
    return Loaded(fixture, made, [*oddities, *_hidden_resources(fixture, made, document)])


def _hidden_resources(
    fixture: FixtureModel, made: Blueprint, document: fixtures.Document
) -> Iterator[Mistake]:
    """Resources that would also stand where an endpoint of a vendor answers first."""
    if not fixture.resources:
        return
    endpoints = list(_endpoint_paths(Realm(DEFAULT, made, MemoryStore())))
    for number, resource in enumerate(fixture.resources):
        pattern = compiled_path(resource.path)
        for api, endpoint, path in endpoints:
            if resource.method in (endpoint.method, ANY_METHOD) and pattern.fullmatch(path):
                at = ("resources", number, "path")
                said = f"{endpoint.method} {path} is {api.title}'s own and answers first"
                yield Mistake(document.place(at), at, said, warning=True)


def _endpoint_paths(realm: Realm) -> Iterator[tuple[Api, Endpoint, str]]:
    for api, _ in VENDORS:
        for endpoint in api.endpoints:
            if endpoint.enabled(realm):
                yield from ((api, endpoint, path) for path in endpoint.paths)


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
    """The shape of a whole fixture: what is common, and a section for each vendor."""
    sections = {
        api.name: member(
            Maybe(Shaped(section)), (section.__doc__ or "").partition("\n")[0], default=None
        )
        for api, section in VENDORS
    }

    class Fixture(FixtureModel):
        __doc__ = FixtureModel.__doc__

        faults: list[FaultModel] = member(
            Listed(Later(lambda: Shaped(fault_of_a_fixture()))), "Calls that go wrong.", default=[]
        )
        resources: list[ResourceModel] = member(
            Listed(Shaped(resource_model(sections))),
            "Protected paths, which take the vendors' tokens.",
            default=[],
        )

    return type("Fixture", (Fixture,), sections)


@cache
def fault_of_a_fixture() -> type[FaultModel]:
    """The shape of a fault, which knows the vendors' operations and outcomes."""
    return fault_model(_refusals(), _issuing())


def _refusals() -> dict[str, dict[str, list[str]]]:
    """The outcomes that a fault may name, by vendor and operation."""
    vendors = [api for api, _ in VENDORS]
    found: dict[str, dict[str, list[str]]] = {api.name: {} for api in vendors}
    for api in vendors:
        names = [outcome.name for outcome in api.outcomes if not outcome.succeeds]
        for endpoint in api.endpoints:
            found[api.name].update({operation.name: names for operation in endpoint.operations})
        found[api.name][RESOURCE] = names
        found[api.name].update(dict.fromkeys(VERIFYING, sorted(ABOUT_VENDORS)))
    return found


def _issuing() -> frozenset[str]:
    """The operations that tokens come of."""
    return frozenset(
        operation.name
        for api, _ in VENDORS
        for endpoint in api.endpoints
        for operation in endpoint.operations
        if operation.issues
    )


def fixture_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a fixture."""
    return json_schema(fixture_model())


def _control(config: Config, realms: Realms) -> Api:
    """The API that drives the emulator."""
    # Here, as it takes longer to import than the vendors do, and a sign-in does not need it.
    from emulator.control.operations import control_api

    return control_api(
        [api for api, _ in VENDORS],
        realms,
        blueprint_in,
        fault_of_a_fixture(),
        [section for _, section in VENDORS],
        ca_certificate=config.ca_certificate,
    )


def _site(fixture: FixtureModel, stage: Stage) -> AsgiApp:
    """The FastAPI application: every vendor's router, their docs, the start page."""
    # Here, as FastAPI takes longer to import than everything that a sign-in needs.
    from emulator.console.page import start_page
    from emulator.control.pages import control_pages
    from emulator.web.site import build_site

    pages = []
    for api, _ in VENDORS:
        routes = import_module(f"emulator.vendors.{api.name}.routes")
        section = stage.realm.sections[api.name]
        pages.append((api, routes.pages(section, show_passwords=fixture.show_passwords)))
    (control,) = (api for api in stage.apis if api.guarded)
    sections = [section for _, section in VENDORS]
    driving = control_pages(control, stage.realm, sections, fault_of_a_fixture())
    return build_site(stage, pages, driving, start_page)
