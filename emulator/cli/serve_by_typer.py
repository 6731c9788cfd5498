"""`auth-emulator serve` as Typer's command: its help, and what is wrong with how it is called."""

import inspect
from typing import Annotated, Any

import typer

from emulator.cli.serve_options import Option, ServeOptions, options


def serve(context: typer.Context, **told: Any) -> None:
    """Serve the three vendors at one address.

    AUTH_EMULATOR_ADMIN_TOKEN is what opens the control API where the network can reach it;
    AUTH_EMULATOR_CACHE_DIR is where made keys are kept.

    Example: auth-emulator serve my-fixture.yaml --port 9000
    """
    from emulator.cli import serve as command

    command.serve(_checked(context, told))


def _checked(context: typer.Context, told: dict[str, Any]) -> ServeOptions:
    sources = {name: context.get_parameter_source(name) for name in told}
    by_hand = {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}
    repeated = {option.name for option in options() if option.repeated}
    for name in repeated:
        told[name] = tuple(told[name] or ())
    read = ServeOptions(**told)
    wrong = read.contradiction(by_hand)
    if wrong is not None:
        raise typer.BadParameter(wrong)
    return read


def _parameter(option: Option) -> inspect.Parameter:
    """What Typer is told of an option."""
    more: dict[str, Any] = {"help": option.told.help, "envvar": option.variable}
    if option.kind is int:
        more |= {"min": option.told.least, "max": option.told.most}
    if option.default in ((), None):
        more["show_default"] = False
    if option.told.check is not None:
        more["callback"] = _callback(option)
    names = [option.flag] if option.kind is bool else []
    about = typer.Argument(**more) if option.told.positional else typer.Option(*names, **more)
    kind: Any = list[option.kind] if option.repeated else option.kind  # type: ignore[name-defined]  # made here
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default or None if option.repeated else option.default,
        annotation=Annotated[kind if option.default not in ((), None) else kind | None, about],
    )


def _callback(option: Option) -> Any:
    def checked(values: list[str] | None) -> list[str] | None:
        """An option's values, once they pass; what is wrong with them is wrong usage."""
        try:
            if values and option.told.check is not None:
                option.told.check(values)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        return values

    return checked


_CONTEXT = inspect.Parameter(
    "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)
serve.__signature__ = inspect.Signature([_CONTEXT, *map(_parameter, options())])  # type: ignore[attr-defined]  # read by Typer
