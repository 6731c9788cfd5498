"""An emulator of three vendors' sign-in APIs, for teams whose code signs in to them.

`emulator.app.create_app` returns the FastAPI application; `auth-emulator serve` runs it.
"""

__version__ = "0.1.0"
