"""Why a signature does not verify: likely mistakes are tried, one by one and in pairs.

The result becomes a reason, and repeats nothing of the body.
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
from emulator.vendors.omniomni.mistakes import Mistake, Verify, possible_mistakes
from emulator.vendors.omniomni.signature import Parts, SignedRequest, verifies


@dataclass(frozen=True)
class Trial:
    """The inputs of one verification attempt."""

    parts: Parts
    signature: bytes
    key: PublicKey
    verify: Verify = verifies
    text: Callable[[Parts], bytes] = Parts.text

    def passes(self) -> bool:
        """Whether the signature verifies."""
        return self.verify(self.key, self.signature, self.text(self.parts))

    def after(self, mistake: Mistake) -> "Trial":
        """The trial of a request signed with this mistake."""
        return replace(self, parts=replace(self.parts, **mistake.parts), **mistake.reading)


def diagnosis(
    request: SignedRequest, signature: bytes, key: PublicKey, others: Mapping[str, PublicKey]
) -> str:
    """One sentence on a signature that does not verify with `key`.

    `others` are the keys of other clients, by name. It takes up to some hundred verifications, and
    with large keys a few tenths of a second: call it in a thread.
    """
    trial = Trial(request.parts(), signature, key)
    mistakes = list(possible_mistakes(request, key, others))
    for mistake in mistakes:
        if trial.after(mistake).passes():
            return f"X-Signature is {mistake.said}"
    for one, other in combinations([mistake for mistake in mistakes if not mistake.alone], 2):
        if not one.overlaps(other) and trial.after(one).after(other).passes():
            return f"X-Signature is {one.said}; and {other.said}"
    text = trial.parts.text()
    return (
        f"X-Signature {_remainder(trial)}; to be signed are {len(text)} bytes whose SHA-256 begins "
        f"with {sha256(text).hexdigest()[:16]}"
    )


def _remainder(trial: Trial) -> str:
    """The message if no guess was right."""
    if not isinstance(trial.key, RSAPublicKey):
        return "fits no likely mistake: altered after signing, or another key's"
    # Unlike the others, an RSA signature shows by its padding whether the key is right.
    try:
        trial.key.recover_data_from_signature(trial.signature, PKCS1v15(), SHA256())
    except InvalidSignature:
        return "is another key's, or not by PKCS #1 v1.5 and SHA-256"
    return "is the client's over other content, so altered after signing"
