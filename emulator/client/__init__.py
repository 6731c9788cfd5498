"""A typed client of the control API.

It imports only pure value types of `core`.
"""
