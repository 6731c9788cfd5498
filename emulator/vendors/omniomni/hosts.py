"""Where OmniOmni itself answers: for clients that cannot be given another address."""

HOSTS = (
    "backend.sandbox.ecrop.de",  # documented: the server of the sign-in's OpenAPI page
    "backend.dev.ecrop.de",  # documented elsewhere (omni-asset/post-client-auth)
    "backend.ecrop.de",  # the same
)
"""Host names, each at HTTPS's usual port."""
