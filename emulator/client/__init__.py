"""A client of the control API of an emulator that runs: each call is a method with types.

It knows the API alone: of the emulator's own packages it imports pure values of `core`.
"""
