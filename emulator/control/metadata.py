"""What a service needs to verify a vendor's tokens: keys, and where they are.

Addresses are those by which the caller reached us; the issuer is the fixture's (or the caller's
view of us, with `issuer: caller`).
"""

from emulator.control.paths import BASE, asking, well_known
from emulator.core.realm import Realm
from emulator.core.tokens import issuer_seen_from
from emulator.web.operation import Api, Endpoint, Operation

_DOCUMENTS = ("openid-configuration", "oauth-authorization-server")


def metadata_endpoints(vendor: Api) -> list[Endpoint]:
    """A vendor's JWKS (RFC 7517 §5), its OpenID configuration and RFC 8414 metadata."""

    async def jwks(realm: Realm, _: object) -> object:
        """Public keys (RFC 7517). None where tokens are signed with a secret."""
        return {"keys": await realm.sections[vendor.name].issuer.keyring.published()}

    async def metadata(realm: Realm, _: object) -> object:
        """Metadata of the vendor as an authorization server (RFC 8414)."""
        return _metadata(realm, vendor)

    documents = (
        asking(
            well_known(vendor.name, document),
            Operation.bare("metadata", metadata, success="told"),
            seen_from=True,
            about=vendor.name,
            is_open=True,
        )
        for document in _DOCUMENTS
    )
    keys = Operation.bare("jwks", jwks, success="keys_told")
    return [
        asking(well_known(vendor.name, "jwks.json"), keys, about=vendor.name, is_open=True),
        *documents,
    ]


def _metadata(realm: Realm, vendor: Api) -> dict[str, object]:
    issuer = realm.sections[vendor.name].issuer
    base = realm.base_url
    token_endpoint = vendor.token_endpoint
    grants = ["password", "refresh_token"] if token_endpoint else []
    return {
        "issuer": issuer_seen_from(issuer.settings, base),
        # Only Vault's sign-in is an OAuth token endpoint; the others' are their own.
        **({"token_endpoint": f"{base}{token_endpoint}"} if token_endpoint else {}),
        "jwks_uri": base + well_known(vendor.name, "jwks.json"),
        "introspection_endpoint": f"{base}{BASE}/{vendor.name}/introspect",
        "revocation_endpoint": f"{base}{BASE}/{vendor.name}/revoke",
        "grant_types_supported": grants,
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "id_token_signing_alg_values_supported": [issuer.keyring.algorithm.name],
    }
