"""The route classes of the control API: what a call reads, and its refusals."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.dependencies.models import Dependant

from emulator.control.mistakes import BODY, QUERY, findings_of, invalid, refuse_findings
from emulator.core.outcomes import Refused
from emulator.http.body import (
    FORM,
    BodyUnreadable,
    ParsedRequest,
    form_members,
    json_members,
    media_type,
    text_problem,
)
from emulator.http.context import CallContext
from emulator.http.route import ControlRoute

_MAX_PARAMETERS = 20
_TOO_DEEP = "recursion limit"
"""Part of pydantic's message on JSON that is nested too deep."""


class JsonRoute(ControlRoute):
    """A call that reads a JSON object, or a query, or neither.

    Anything else is a mistake: a misplaced parameter would have no effect, unnoticed.
    """

    def parse(self, request: Request, body: bytes, context: CallContext) -> Request:
        """See `ControlRoute.parse`."""
        del context
        query: bytes = request.scope["query_string"]
        if self.body_field is not None:
            members = self._members(request, body)
            if query:
                raise invalid(
                    "this call takes no parameters in its query, only members in its body"
                )
            return ParsedRequest(request, body, members)
        if _query_fields(self.dependant):
            _check_query(query)
            return request
        if query:
            raise invalid("this call takes no parameters in its query")
        if body.strip() not in (b"", b"{}"):
            raise invalid("this call takes no body")
        return request

    def _members(self, request: Request, body: bytes) -> dict[str, Any]:
        assert self.body_field is not None  # noqa: S101 - asked for by its only caller
        if not body and not self.body_field.field_info.is_required():
            return {}
        try:
            return json_members(request, body)
        except BodyUnreadable as error:
            text = str(error)
            if _TOO_DEEP in text:
                text = text.replace("is not JSON", "is nested too deep")
            raise invalid(text) from error

    def invalid(self, errors: Sequence[Any], context: CallContext) -> Refused:
        """See `EmulatorRoute.invalid`."""
        del context
        fields = _query_fields(self.dependant)
        where, field = (BODY, self.body_field) if self.body_field else (QUERY, fields[0])
        model: Any = field.field_info.annotation
        return refuse_findings(findings_of(errors, get_origin(model) or model), where)


class OpenRoute(ControlRoute):
    """A call that is open to every caller, and reads nothing."""

    is_open = True

    def parse(self, request: Request, body: bytes, context: CallContext) -> Request:
        """See `ControlRoute.parse`."""
        del body, context
        return request

    def invalid(self, errors: Sequence[Any], context: CallContext) -> Refused:
        """See `EmulatorRoute.invalid`."""
        del errors, context
        return invalid("the request is invalid")


class TokenFormRoute(OpenRoute):
    """An open call with a form that has a `token` (RFC 7662 §2.1, RFC 7009 §2.1)."""

    parameter: ClassVar[str] = "token"

    def fault_members(
        self, request: Request, body: bytes, context: CallContext
    ) -> Mapping[str, object]:
        """See `ControlRoute.fault_members`."""
        if media_type(request) == FORM:
            try:
                context.members = form_members(body)
            except BodyUnreadable:
                context.members = None
        return context.members or {}

    def parse(self, request: Request, body: bytes, context: CallContext) -> Request:
        """See `ControlRoute.parse`."""
        del context
        if media_type(request) != FORM:
            raise invalid(f"the Content-Type is not {FORM}")
        try:
            return ParsedRequest(request, body, form_members(body))
        except BodyUnreadable as error:
            raise invalid(str(error)) from error

    def invalid(self, errors: Sequence[Any], context: CallContext) -> Refused:
        """See `EmulatorRoute.invalid`."""
        del errors
        problem = text_problem(context.members or {}, self.parameter)
        return invalid(f"the parameter {self.parameter} {problem}")


def _query_fields(dependant: Dependant) -> list[Any]:
    """The query parameters of a call and its dependencies."""
    inner = [field for one in dependant.dependencies for field in _query_fields(one)]
    return [*dependant.query_params, *inner]


def _check_query(query: bytes) -> None:
    try:
        parse_qsl(query.decode("ascii"), max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise invalid("the query cannot be read") from error
