"""Vault: OAuth 2.0 token service, API v2, as its sign-in page documents it."""
