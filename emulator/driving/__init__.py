"""Driving an emulator that runs: each call of its control API as a method with types.

It knows nothing of what it drives but the API, and imports in milliseconds.
"""
