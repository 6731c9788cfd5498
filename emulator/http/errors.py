"""FastAPI's validation errors, and the response to a bug."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from starlette.responses import PlainTextResponse

from emulator.http.body import kind_of


@dataclass(frozen=True)
class FieldError:
    """An invalid member: a clause like `is absent`, and the error's type.

    `type` is pydantic's name for the error.
    """

    field: str
    clause: str
    type: str = "missing"


def field_errors(
    errors: Sequence[Mapping[str, Any]], members: Mapping[str, Any]
) -> list[FieldError]:
    """The errors of a `RequestValidationError` about a body with these members."""
    return [_field_error(error, members) for error in errors]


def _field_error(error: Mapping[str, Any], members: Mapping[str, Any]) -> FieldError:
    field, kind = str(error["loc"][-1]), str(error["type"])
    value = members.get(field)
    if value is None:
        return FieldError(field, "is absent", "missing")
    if not isinstance(value, str):
        return FieldError(field, f"is {kind_of(value)}, not a string", kind)
    if not value and error.get("ctx", {}).get("min_length", 1) == 1:
        return FieldError(field, "is empty", "empty")
    if kind == "value_error":
        return FieldError(field, str(error["ctx"]["error"]), kind)
    return FieldError(field, "is too short", kind)


def in_one_sentence(errors: Sequence[FieldError]) -> str:
    """The errors as a reason."""
    return ", ".join(f"{error.field} {error.clause}" for error in errors)


async def server_error(request: Request, error: Exception) -> Response:
    """The response to a bug; Starlette raises the error again for the log."""
    response = PlainTextResponse("This is a bug of the emulator; its log says more.", 500)
    state = getattr(request.app.state, "emulator", None)
    if state is not None and state.show_reasons:
        reason = f"emulator_bug; {type(error).__name__}; the log of the emulator says more"
        response.headers["x-emulator-reason"] = reason
    return response
