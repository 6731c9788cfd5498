"""Shapes: what a mapping may hold, and reading one with all that is wrong with it at once.

A fixture and the bodies of the control API are read by them. They stand in the place of a library
of models because a server reads a fixture before its first answer: to import pydantic and to build
its models took longer than all the rest of a start. Here a shape costs what a class costs.

`kinds` are what a value may be, a `shape` is a mapping of them, `schema` is its JSON Schema.
"""
