"""OmniOmni (ecrop): client sign-in, as its OpenAPI page documents it."""
