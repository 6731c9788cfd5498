"""Bare signing: how many signatures of a token one thread makes in a second.

`python -m benchmarks.signing ALGORITHM SECONDS` prints it.
"""

import hmac
import subprocess
import sys
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.server import ROOT

ALGORITHMS = ("RS256", "ES256", "HS256")

_INPUT = b"x" * 400
"""As long as the header and the claims of a typical token."""


def _signer(algorithm: str) -> Callable[[bytes], bytes]:
    if algorithm == "RS256":
        private = rsa.generate_private_key(65537, 2048)
        pkcs1, sha256 = padding.PKCS1v15(), SHA256()
        return lambda signed: private.sign(signed, pkcs1, sha256)
    if algorithm == "ES256":
        curve = ec.generate_private_key(ec.SECP256R1())
        ecdsa = ec.ECDSA(SHA256())
        return lambda signed: curve.sign(signed, ecdsa)
    secret = b"s" * 32
    return lambda signed: hmac.digest(secret, signed, "sha256")


def cost(algorithm: str, seconds: float) -> float:
    """The CPU seconds of one signature, measured for about so long in this thread."""
    sign = _signer(algorithm)
    made = 0
    began = time.thread_time()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for _ in range(20):
            sign(_INPUT)
        made += 20
    return (time.thread_time() - began) / made


def rate(algorithm: str, seconds: float) -> float:
    """Signatures a second of a process that does nothing else."""
    command = [sys.executable, "-m", "benchmarks.signing", algorithm, str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    print(1 / cost(sys.argv[1], float(sys.argv[2])))
