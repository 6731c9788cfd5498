"""An emulator of three vendors' sign-in APIs, for teams whose code signs in to them.

`emulator.app.create_app` makes the ASGI application; `auth-emulator serve` serves it.
"""

__version__ = "0.1.0"
