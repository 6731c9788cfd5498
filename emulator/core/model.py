"""The base of the models that fixtures and control calls are made of."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A mapping with these keys and no other. Its values are not changed once they are read.

    Members that a fixture leaves out keep their defaults: `model_fields_set` says which were
    given. An error never repeats the value that was wrong.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )
