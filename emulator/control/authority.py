"""The certificate that a client has to trust where the server serves HTTPS."""

from emulator.control.paths import BASE, asking
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.web.operation import Endpoint, Operation

CA_PATH = f"{BASE}/ca.pem"


def ca_certificate_endpoint(certificate: str | None) -> Endpoint:
    """Hands out the certificate authority's certificate (PEM), to everybody: it is no secret."""

    async def told(_: Realm, __: object) -> object:
        """The CA certificate to trust for HTTPS, in PEM. It is another after each start."""
        if certificate is None:
            raise Refusal(
                "no_https", "this server serves no HTTPS; start it with auth-emulator serve --tls"
            )
        return certificate

    return asking(CA_PATH, Operation.bare("ca", told, success="ca_told"), is_open=True)
