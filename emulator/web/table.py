"""Which endpoint answers where: a vendor's from the start, the control API's from its first call.

A sign-in needs nothing of the control API, which takes longer to import than the vendors together.
"""

from collections.abc import Callable, Iterable, Mapping

from emulator.web.first_use import AtFirstUse
from emulator.web.operation import Api, Endpoint
from emulator.web.visit import Visit

_OURS = ("/_emulator/", "/realms/")
"""What begins the paths of the control API: the table need not look there for a vendor."""

Found = tuple[Api, Endpoint]

_NOTHING: Mapping[str, Found] = {}


class Table:
    """The endpoints of the vendors and of the control API, by path and method."""

    def __init__(self, vendors: Iterable[Api], make_control: Callable[[], Api]) -> None:
        self.known: tuple[Api, ...] = ()
        """The APIs that were made by now: the vendors, and the control API once it is asked."""
        self._by_path: dict[str, dict[str, Found]] = {}
        self._with_parameters: list[Found] = []
        self._make_control = make_control
        self._control = AtFirstUse(self._with_control)
        for api in vendors:
            self._add(api)

    async def control(self) -> Api:
        """The API that drives the emulator; made in a thread at its first use."""
        return await self._control.get()

    def everything(self) -> tuple[Api, ...]:
        """Every API; the control API is made in this thread if need be."""
        self._control.now()
        return self.known

    def at_hand(self, visit: Visit) -> Found | None:
        """The endpoint that a request is for, if it has just this path and was made by now."""
        here = self._by_path.get(visit.path, _NOTHING)
        return here.get("GET" if visit.method == "HEAD" else visit.method)

    async def find(self, visit: Visit) -> Found | None:
        """The endpoint that a request is for, if there is one."""
        if not is_ours(visit.path):
            return self.at_hand(visit)
        await self.control()
        return self.at_hand(visit) or self._with_names(visit)

    def _with_names(self, visit: Visit) -> Found | None:
        """The endpoint whose path has `{names}` that fit; a name may hold an escaped slash."""
        method = "GET" if visit.method == "HEAD" else visit.method
        for api, endpoint in self._with_parameters:
            if endpoint.method == method and endpoint.serves(visit.sent):
                return api, endpoint
        return None

    def _with_control(self) -> Api:
        control = self._make_control()
        self._add(control)
        return control

    def _add(self, api: Api) -> None:
        for endpoint in api.endpoints:
            if endpoint.has_names:
                self._with_parameters.append((api, endpoint))
            for path in endpoint.paths:
                self._by_path.setdefault(path, {})[endpoint.method] = (api, endpoint)
        self.known = (*self.known, api)


def is_ours(path: str) -> bool:
    """Whether a path is below those of the control API, where no vendor and no resource is."""
    return path.startswith(_OURS) or path == "/_emulator"
