"""Why a signature does not verify: the likely slips are tried, one by one and in pairs.

What is said here becomes a reason, and repeats nothing of the body.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import combinations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from emulator.core.keys import PublicKey
from emulator.vendors.omniomni.signature import Parts, SignedRequest, verifies
from emulator.vendors.omniomni.slips import Slip, Verify, slips_of


@dataclass(frozen=True)
class Trial:
    """What a signature is tried against."""

    parts: Parts
    signature: bytes
    key: PublicKey
    verify: Verify = verifies
    text: Callable[[Parts], bytes] = Parts.text

    def passes(self) -> bool:
        """Whether the signature verifies."""
        return self.verify(self.key, self.signature, self.text(self.parts))

    def after(self, slip: Slip) -> "Trial":
        """The trial of a request signed with this slip."""
        return replace(self, parts=replace(self.parts, **slip.parts), **slip.reading)


def diagnosis(
    request: SignedRequest, signature: bytes, key: PublicKey, others: Mapping[str, PublicKey]
) -> str:
    """One sentence on a signature that does not verify by `key`.

    `others` are the keys of other clients, by name. It takes up to some hundred verifications, and
    with large keys a few tenths of a second: call it in a thread.
    """
    trial = Trial(request.parts(), signature, key)
    slips = list(slips_of(request, key, others))
    for slip in slips:
        if trial.after(slip).passes():
            return f"X-Signature is {slip.said}"
    for one, other in combinations([slip for slip in slips if not slip.alone], 2):
        if not one.overlaps(other) and trial.after(one).after(other).passes():
            return f"X-Signature is {one.said}; and {other.said}"
    text = trial.parts.text()
    return (
        f"X-Signature {_remainder(trial)}; to be signed are {len(text)} bytes whose SHA-256 begins "
        f"with {sha256(text).hexdigest()[:16]}"
    )


def _remainder(trial: Trial) -> str:
    """What can be said where no guess was right."""
    if not isinstance(trial.key, RSAPublicKey):
        return "fits no likely slip: altered after signing, or another key's"
    # Unlike the others, an RSA signature shows by its padding whose it is.
    try:
        trial.key.recover_data_from_signature(trial.signature, PKCS1v15(), SHA256())
    except InvalidSignature:
        return "is another key's, or not by PKCS #1 v1.5 and SHA-256"
    return "is the client's over other content, so altered after signing"
