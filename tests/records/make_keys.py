"""Makes the keys of the fixtures, once: `python -m records.make_keys`."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from records.build import KEYS


def main() -> None:
    """Make them where there are none."""
    KEYS.mkdir(exist_ok=True)
    makers: dict[str, Callable[[], Any]] = {
        "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "rsa-2": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "ed25519": Ed25519PrivateKey.generate,
        "signer-rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "signer-ec": lambda: ec.generate_private_key(ec.SECP256R1()),
        "signer-ed25519": Ed25519PrivateKey.generate,
    }
    for name, make in makers.items():
        private = KEYS / f"{name}.pem"
        if private.exists():
            continue
        key = make()
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = key.public_key()
        (KEYS / f"{name}.pub").write_bytes(
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )


if __name__ == "__main__":
    main()
