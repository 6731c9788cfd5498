"""Where NBC Gate itself answers: for clients that cannot be given another address."""

HOSTS = ("api.client.nbcgate.tech",)  # documented: the reference's example request
"""Host names, each at HTTPS's usual port."""
