"""Where Vault itself answers: for clients that cannot be given another address."""

HOSTS = ("api.sandbox-v2.vault.ist",)  # documented elsewhere (the API's v2 pages): its sandbox
"""Host names, each at HTTPS's usual port."""
