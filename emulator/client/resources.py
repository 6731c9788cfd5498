"""The protected resources that a test adds to a realm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from emulator.client.channel import Control, segment
from emulator.client.errors import hide_traceback
from emulator.client.faults import Respond

__tracebackhide__ = hide_traceback
_PATH = "/resources"


@dataclass(frozen=True, slots=True)
class Resource:
    """An added resource; `members` are what it was given, as a fixture has them."""

    id: str
    members: Mapping[str, Any] = field(default_factory=dict)


class Resources:
    """The resources that were added to a realm; those of its fixture stay as they are."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(
        self,
        vendor: str,
        path: str,
        *,
        method: str | None = None,
        bearer: Literal["required", "none"] | None = None,
        scopes: Sequence[str] | None = None,
        respond: Respond | None = None,
        forward_to: str | None = None,
    ) -> Resource:
        """Add a resource, which takes precedence over others at its path. Raises ApiError."""
        given = {
            "vendor": vendor,
            "path": path,
            "method": method,
            "bearer": bearer,
            "scopes": None if scopes is None else list(scopes),
            "respond": respond,
            "forward_to": forward_to,
        }
        sent = {name: value for name, value in given.items() if value is not None}
        return _resource(self._control.post(_PATH, sent))

    def all(self) -> list[Resource]:
        """Every added resource, in the order in which they were added."""
        return [_resource(each) for each in self._control.get(_PATH)["resources"]]

    def remove(self, resource: Resource | str) -> None:
        """Remove an added resource."""
        name = resource.id if isinstance(resource, Resource) else resource
        self._control.delete(f"{_PATH}/{segment(name)}")

    def clear(self) -> None:
        """Remove every added resource."""
        self._control.delete(_PATH)


def _resource(answer: dict[str, Any]) -> Resource:
    return Resource(answer["id"], {n: value for n, value in answer.items() if n != "id"})
