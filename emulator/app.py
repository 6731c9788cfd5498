"""The application: the vendors' routers at the root and below each realm, control, docs."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BeforeValidator, Field, StrictInt

from emulator import __version__
from emulator.addresses import TrustedProxies
from emulator.console.page import add_console
from emulator.control import SECURITY_SCHEMES, TAGS, control_routers
from emulator.core import fields
from emulator.core.catalog import VERIFYING, Catalog
from emulator.core.clock import ClockSettings, ClockStart
from emulator.core.faults import Fault
from emulator.core.keys import ALGORITHMS
from emulator.core.model import Model
from emulator.core.realm import RealmOptions, RealmTemplate
from emulator.core.realms import Realms
from emulator.core.resources import ANY_METHOD, Resource, Resources
from emulator.core.store import MemoryStore, Store
from emulator.core.suggestions import did_you_mean
from emulator.core.vendor import RESOURCE, VendorFixture, VendorTemplate
from emulator.fixture import (
    Document,
    Mistake,
    Place,
    format_mistakes,
    from_http,
    from_mapping,
    json_schema,
    read,
    validate,
    warnings_of,
)
from emulator.http.context import ServerState
from emulator.http.cors import add_cors
from emulator.http.dates import add_dates
from emulator.http.errors import server_error
from emulator.http.forwarding import Forwarder
from emulator.http.guard import ControlGuard
from emulator.http.pages import add_pages
from emulator.http.unrouted import CONTROL, Unrouted
from emulator.settings import FixtureSource, Settings
from emulator.vendors.nbcgate import router as nbcgate
from emulator.vendors.nbcgate.models import NbcGateFixture
from emulator.vendors.omniomni import router as omniomni
from emulator.vendors.omniomni.models import OmniOmniFixture
from emulator.vendors.vault import router as vault
from emulator.vendors.vault.models import VaultFixture

VENDORS = (omniomni, nbcgate, vault)
"""The vendors' routers; a new vendor is a folder, a line here and one in `Fixture`."""

CATALOG: Catalog = {module.VENDOR.name: module.VENDOR for module in VENDORS}

_CONTROL_ROUTERS = control_routers(CATALOG)

FixturePath = tuple[str | int, ...]

_log = logging.getLogger("emulator")


def _number(value: object) -> object:
    """Values from the environment are always strings."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


class Fixture(Model):
    """Who can sign in, and how the vendors behave."""

    seed: Annotated[
        StrictInt | None,
        BeforeValidator(_number),
        Field(description="Makes ids, EC and Ed25519 keys the same at each start."),
    ] = None
    clock: Annotated[
        ClockStart | None,
        Field(description="The time at which the realm's clock starts; by default the real time."),
    ] = None
    show_passwords: Annotated[
        fields.Flag,
        Field(description="Show the principals' passwords in the examples at /docs."),
    ] = False
    faults: Annotated[list[Fault], Field(description="Faults: calls that fail on purpose.")] = []
    resources: Annotated[
        list[Resource],
        Field(description="Protected resources: paths that require a vendor's token."),
    ] = []
    omniomni: Annotated[
        OmniOmniFixture | None, Field(description="OmniOmni: its tokens and its clients.")
    ] = None
    nbcgate: Annotated[
        NbcGateFixture | None, Field(description="NBC Gate: its tokens, its users, its settings.")
    ] = None
    vault: Annotated[
        VaultFixture | None, Field(description="Vault: its tokens, clients and users.")
    ] = None

    def section(self, vendor: str) -> VendorFixture:
        """The section of a vendor; an empty one if the fixture does not mention it."""
        section: VendorFixture | None = getattr(self, vendor)
        return CATALOG[vendor].fixture.empty() if section is None else section

    def template(self) -> RealmTemplate:
        """The templates of realms that follow the server's fixture."""
        vendors = {
            name: VendorTemplate(self.section(name), vendor.state, self.seed)
            for name, vendor in CATALOG.items()
        }
        return RealmTemplate(
            CATALOG,
            vendors,
            Resources(self.resources),
            tuple(self.faults),
            self.clock or ClockSettings(),
            self.seed,
        )

    def contradictions(self, place: Callable[[FixturePath], Place]) -> Iterator[Any]:
        """Contradictions between parts of the fixture."""
        for name in CATALOG:
            section: VendorFixture | None = getattr(self, name)
            if section is not None:
                for path, text in section.contradictions(place):
                    yield (name, *path), text
        for number, resource in enumerate(self.resources):
            if resource.vendor not in CATALOG:
                said = (
                    f"{resource.vendor!r} is not a vendor{did_you_mean(resource.vendor, CATALOG)}"
                )
                yield ("resources", number, "vendor"), said
        if self.faults:
            algorithms = {name: ALGORITHMS[self.section(name).token.algorithm] for name in CATALOG}
            for number, fault in enumerate(self.faults):
                for path, text in fault.contradictions(CATALOG, algorithms):
                    yield ("faults", number, *path), text

    def warnings(self) -> Iterator[tuple[FixturePath, str]]:
        """Values that are valid but probably a mistake."""
        for name in CATALOG:
            section: VendorFixture | None = getattr(self, name)
            if section is not None:
                for path, text in section.warnings():
                    yield (name, *path), text
        yield from self._hidden_resources()

    def _hidden_resources(self) -> Iterator[tuple[FixturePath, str]]:
        """Resources at a path where an endpoint of a vendor takes precedence."""
        for number, resource in enumerate(self.resources):
            for module in VENDORS:
                section = self.section(module.VENDOR.name)
                for route in module.router.routes:
                    if not route.is_enabled(section):
                        continue
                    method = next(iter(route.methods), "")
                    takes = resource.method in (method, ANY_METHOD)
                    if takes and resource.pattern.fullmatch(route.path):
                        endpoint = f"{method} {route.path}"
                        said = (
                            f"{endpoint} is {module.VENDOR.title}'s own path and takes precedence"
                        )
                        yield ("resources", number, "path"), said


@dataclass(frozen=True)
class LoadedFixture:
    """A fixture that was read, and its warnings."""

    fixture: Fixture
    warnings: list[Mistake]


def create_app(settings: Settings | None = None, *, store: Store | None = None) -> FastAPI:
    """The emulator, by default with the settings of the environment.

    `store` replaces memory. Raises FixtureError with every mistake of the fixture.
    """
    settings = settings or Settings.from_environment()
    loaded = load_fixture(settings.fixture)
    for line in format_mistakes([_as_log_line(warning) for warning in loaded.warnings]):
        _log.warning("%s", line)
    app = FastAPI(
        title="Auth Emulator",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        strict_content_type=False,
    )
    proxies = TrustedProxies(settings.trusted_proxy)
    app.state.fixture = loaded.fixture
    app.state.emulator = ServerState(
        realms=Realms(
            loaded.fixture.template(),
            store or MemoryStore(log_bytes=settings.journal_size * 1024 * 1024),
            _template_over_http,
            RealmOptions(settings.show_codes, settings.journal_entries),
        ),
        catalog=CATALOG,
        guard=ControlGuard(
            bound_to=settings.bound_to,
            allowed_hosts=settings.allowed_host,
            admin_token=settings.admin_token.get_secret_value(),
            proxies=proxies,
        ),
        proxies=proxies,
        forwarder=Forwarder(),
        bearers={module.VENDOR.name: module.BEARER for module in VENDORS},
        routers={module.VENDOR.name: [module.router] for module in VENDORS}
        | {CONTROL: _CONTROL_ROUTERS},
        show_reasons=not settings.no_reasons,
        date_header=settings.date_header,
        ca_certificate=settings.ca_certificate,
    )
    # Routes are tried in this order: the vendors' come first, and short routers before long ones.
    for routers in ([module.router for module in VENDORS], _CONTROL_ROUTERS):
        for prefix in ("", "/realms/{realm}"):
            for router in sorted(routers, key=lambda router: len(router.routes)):
                app.include_router(router, prefix=prefix)
    docs = [module.DOCS for module in VENDORS]
    add_pages(app, docs, _CONTROL_ROUTERS, TAGS, SECURITY_SCHEMES)
    add_console(app)
    unrouted = Unrouted()
    app.add_route("/{path:path}", unrouted, include_in_schema=False)  # type: ignore[arg-type]  # an ASGI application, as Starlette's Route takes one
    app.router.default = unrouted  # no path with a line feed fits the pattern above
    app.add_exception_handler(Exception, server_error)
    add_cors(app, settings.cors_origin)
    if settings.date_header:
        add_dates(app, app.state.emulator.realms)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.emulator.forwarder.close()


async def reload(app: FastAPI, loaded: LoadedFixture) -> None:
    """Replace the fixture of a running emulator."""
    server: ServerState = app.state.emulator
    await server.realms.reload(loaded.fixture.template())
    app.state.fixture = loaded.fixture
    app.openapi_schema = None


def load_fixture(source: FixtureSource) -> LoadedFixture:
    """The fixture and its warnings; FixtureError with every mistake if there is one."""
    document = document_of(source)
    fixture = validate(document, Fixture)
    warnings = warnings_of(fixture, document)
    if not document.data:
        said = "no principal can sign in: the fixture is empty"
        warnings.append(Mistake(document.place(()), (), said, warning=True))
    return LoadedFixture(fixture, warnings)


def fixture_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a fixture."""
    operations = {operation.name for vendor in CATALOG.values() for operation in vendor.operations}
    operations |= {*VERIFYING, RESOURCE}
    return json_schema(Fixture, {"vendor": list(CATALOG), "operation": sorted(operations)})


def demo_fixture() -> Path:
    """The demo fixture: inside the installed package, or beside it in a clone."""
    package = Path(__file__).parent
    inside = package / "fixtures" / "demo.yaml"
    return inside if inside.exists() else package.parent / "fixtures" / "demo.yaml"


def parts_of(source: FixtureSource) -> list[Path | Mapping[str, Any]]:
    """The files, folders and data of a source; the demo if it is None."""
    if source is None:
        return [demo_fixture()]
    named = [source] if isinstance(source, Path | str | Mapping) else source
    return [part if isinstance(part, Mapping) else _shipped(Path(part)) for part in named]


def _shipped(path: Path) -> Path:
    """The shipped fixture of this name (`demo`), unless there is a file or folder of the name."""
    shipped = {file.stem: file for file in demo_fixture().parent.glob("*.yaml")}
    name = str(path)
    return shipped[name] if name in shipped and not path.exists() else path


def document_of(source: FixtureSource) -> Document:
    """The data of a source, not yet validated."""
    return from_mapping(source) if isinstance(source, Mapping) else read(parts_of(source))


def _template_over_http(data: Mapping[str, Any]) -> RealmTemplate:
    """The template of a fixture sent over HTTP, which cannot name files or `${NAME}`."""
    return validate(from_http(data), Fixture).template()


def _as_log_line(warning: Mistake) -> Mistake:
    """Log a warning."""
    return Mistake(warning.place, warning.path, warning.text)
