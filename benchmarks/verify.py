"""What one verification costs, beside its neighbours and beside the bare signature check, in one interleaved run.

    python -m benchmarks.verify [--tokens 10000] [--rounds 20] [--json FILE]

Every contender verifies the same distinct tokens of about 1 KB and checks signature, issuer, audience and expiry; ours
checks everything it always checks. Rounds are interleaved in random order, so that whatever else the machine does
falls on all alike; a contender's figure is the median over the rounds of its time divided by the bare check's time in
the same round.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bearerguard import Policy, Verifier
from bearerguard.encoding import decode_segment

ISSUER, AUDIENCE, KID = (
    "https://id.example.com",
    "https://api.example.com",
    "4f0d0c5e-8f1b-4f0e-9c67-0b9b4f6a6d3a",
)
TARGETS = {"RS256": 1.35, "PS256": 1.35, "ES256": 1.15, "EdDSA": 1.10}

TURN = 500
"""Tokens that one contender verifies before the next has its turn."""

Contender = Callable[[str], object]


class Suite(NamedTuple):
    """One algorithm: its tokens, the bare check, and everyone who verifies them."""

    tokens: list[str]
    bare: dict[str, Callable[[], object]]
    contenders: dict[str, Contender]


def private_key(algorithm: str) -> Any:
    """Return a new private key for an algorithm."""
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def claims(number: int) -> dict[str, Any]:
    """Return claims of the shape Authgear issues; with RS256 they make a token of 1.1 KB, with ES256 of 0.9 KB."""
    now = int(time.time())
    user = "https://authgear.com/claims/user/"
    return {
        "iss": ISSUER,
        "aud": [AUDIENCE],
        "iat": now,
        "exp": now + 86_400,
        "client_id": "1a2b3c4d",
        "scope": "openid offline_access orders:read",
        "auth_time": now - 100,
        "amr": ["pwd"],
        "jti": f"{number:064x}",
        "sub": f"c0ffee00-0000-4000-8000-{number:012x}",
        user + "is_anonymous": False,
        user + "is_verified": True,
        user + "can_reauthenticate": True,
        user + "roles": ["reader", "writer"],
    }


def bare_check(algorithm: str, key: Any, token: str) -> Callable[[], object]:
    """Return a call of `cryptography`'s own verify, with everything prepared that can be."""
    signing_input, _, encoded = token.encode().rpartition(b".")
    signature = decode_segment(encoded)
    if algorithm == "ES256":
        half = len(signature) // 2
        r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        der, scheme = encode_dss_signature(r, s), ec.ECDSA(hashes.SHA256())
        return lambda: key.verify(der, signing_input, scheme)
    if algorithm == "EdDSA":
        return lambda: key.verify(signature, signing_input)
    sha256 = hashes.SHA256()
    pad: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm == "PS256":
        pad = padding.PSS(padding.MGF1(sha256), 32)
    return lambda: key.verify(signature, signing_input, pad, sha256)


def suite(algorithm: str, count: int) -> Suite:
    """Return everything that is measured for one algorithm."""
    import jwt

    private = private_key(algorithm)
    public = private.public_key()
    jwk = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(public))
    jwk |= {"kid": KID, "alg": algorithm, "use": "sig"}
    document = {"keys": [jwk]}
    header = {"typ": "at+jwt", "kid": KID}
    tokens = [jwt.encode(claims(number), private, algorithm, headers=header) for number in range(count)]
    contenders: dict[str, Contender] = {"bearerguard": Verifier(policy(algorithm), keys=document).verify}
    contenders |= pyjwt(algorithm, public, document)
    for neighbour in (joserfc, authlib, jwcrypto):
        try:
            contenders |= neighbour(algorithm, document)
        except ImportError as missing:
            Console(stderr=True).print(f"left out: {missing}")
    return Suite(tokens, {token: bare_check(algorithm, public, token) for token in tokens}, contenders)


def policy(algorithm: str) -> Policy:
    """Return the policy for ours; the neighbours are asked for the same issuer, audience and algorithm."""
    return Policy(
        ISSUER, AUDIENCE, algorithms=(algorithm,), roles_claim="https://authgear.com/claims/user/roles"
    )


def pyjwt(algorithm: str, public: Any, document: dict[str, Any]) -> dict[str, Contender]:
    """PyJWT, given the key, and with its own key client holding the key set in its cache."""
    import jwt

    client = jwt.PyJWKClient("http://127.0.0.1:9/", lifespan=86_400)
    if client.jwk_set_cache is not None:
        client.jwk_set_cache.put(document)
    need = {"require": ["exp", "iss", "aud", "sub"]}

    def decode(token: str, key: Any) -> object:
        return jwt.decode(
            token, key, algorithms=[algorithm], issuer=ISSUER, audience=AUDIENCE, leeway=30, options=need
        )  # type: ignore[call-overload]

    return {
        "PyJWT": lambda token: decode(token, public),
        "PyJWT + PyJWKClient": lambda token: decode(token, client.get_signing_key_from_jwt(token).key),
    }


def joserfc(algorithm: str, document: dict[str, Any]) -> dict[str, Contender]:
    """Joserfc with a key set and its claims registry."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(document)  # type: ignore[arg-type]
    registry = jwt.JWTClaimsRegistry(
        leeway=30,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        exp={"essential": True},
        sub={"essential": True},
    )

    def verify(token: str) -> object:
        decoded = jwt.decode(token, keys, algorithms=[algorithm])
        registry.validate(decoded.claims)
        return decoded.claims

    return {"joserfc": verify}


def authlib(algorithm: str, document: dict[str, Any]) -> dict[str, Contender]:
    """Authlib's own JOSE half."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from authlib.jose import JsonWebKey, JsonWebToken

    keys = JsonWebKey.import_key_set(document)
    library = JsonWebToken([algorithm])
    options = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": AUDIENCE},
        "exp": {"essential": True},
        "sub": {"essential": True},
    }

    def verify(token: str) -> object:
        found = library.decode(token, keys, claims_options=options)
        found.validate(leeway=30)
        return found

    return {"Authlib": verify}


def jwcrypto(algorithm: str, document: dict[str, Any]) -> dict[str, Contender]:
    """Jwcrypto with a key set."""
    from jwcrypto.jwk import JWKSet
    from jwcrypto.jwt import JWT

    keys = JWKSet.from_json(json.dumps(document))
    asked = {"iss": ISSUER, "aud": AUDIENCE, "exp": None, "sub": None}

    def verify(token: str) -> object:
        return json.loads(JWT(jwt=token, key=keys, algs=[algorithm], check_claims=asked).claims)

    return {"jwcrypto": verify}


def measure(
    suite_: Suite, rounds: int, tick: Callable[[], None]
) -> tuple[float, dict[str, tuple[float, float]]]:
    """Return the bare check's seconds, and by contender (median ratio to it, seconds).

    Processor time of this thread is measured, in short turns: what else the machine does is left out as far as can be,
    and what cannot be left out falls on all alike.
    """
    bare_times: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in suite_.contenders}
    per_round = max(1, len(suite_.tokens) // rounds)
    for number in range(rounds):
        # Distinct tokens in every round: nothing that remembers a token has seen it before.
        batch = suite_.tokens[number * per_round : (number + 1) * per_round]
        spent = dict.fromkeys(["", *suite_.contenders], 0.0)
        for first in range(0, len(batch), TURN):
            turn = batch[first : first + TURN]
            checks = [suite_.bare[token] for token in turn]
            order = list(spent)
            random.shuffle(order)
            for name in order:
                if name:
                    contender = suite_.contenders[name]
                    start = time.thread_time()
                    for token in turn:
                        contender(token)
                else:
                    start = time.thread_time()
                    for check in checks:
                        check()
                spent[name] += time.thread_time() - start
        bare_times.append(spent.pop("") / len(batch))
        for name, seconds in spent.items():
            times[name].append(seconds / len(batch))
        tick()
    bare = statistics.median(bare_times)
    return bare, {
        name: (
            statistics.median(a / b for a, b in zip(spent_, bare_times, strict=True)),
            statistics.median(spent_),
        )
        for name, spent_ in times.items()
    }


def main() -> int:
    """Run, print the table, and return 1 if a target was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--algorithms", default=",".join(TARGETS))
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    console = Console()
    algorithms = chosen.algorithms.split(",")
    results: dict[str, Any] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for algorithm in algorithms:
            bar = progress.add_task(f"{algorithm}: signing {chosen.tokens} tokens", total=None)
            prepared = suite(algorithm, chosen.tokens)
            for contender in prepared.contenders.values():
                contender(prepared.tokens[0])
            gc.collect()
            gc.freeze()  # what the measurement holds is nobody's cost
            progress.update(bar, description=f"{algorithm}: verifying", total=chosen.rounds, completed=0)
            bare, found = measure(prepared, chosen.rounds, lambda bar=bar: progress.advance(bar))  # type: ignore[misc]
            progress.remove_task(bar)
            results[algorithm] = {"bare_us": bare * 1e6, "token_bytes": len(prepared.tokens[0])} | {
                name: {"ratio": ratio, "us": seconds * 1e6} for name, (ratio, seconds) in found.items()
            }
    show(console, results)
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1) + "\n")
    missed = [name for name in algorithms if results[name]["bearerguard"]["ratio"] > TARGETS.get(name, 99)]
    for name in missed:
        console.print(
            f"[red]{name}: {results[name]['bearerguard']['ratio']:.2f}, the target is {TARGETS[name]}"
        )
    return 1 if missed else 0


def show(console: Console, results: dict[str, Any]) -> None:
    """Print ratios to the bare check, and microseconds."""
    table = Table(title="One verification: ratio to the bare signature check (microseconds)")
    table.add_column("")
    for algorithm, row in results.items():
        table.add_column(f"{algorithm}\n{row['token_bytes']} bytes", justify="right")
    names = list(
        dict.fromkeys(name for row in results.values() for name in row if isinstance(row[name], dict))
    )
    table.add_row("bare check", *(f"1.00 ({row['bare_us']:6.1f})" for row in results.values()))
    for name in names:
        table.add_row(
            name, *(f"{row[name]['ratio']:.2f} ({row[name]['us']:6.1f})" for row in results.values())
        )
    table.add_row("target", *(f"{TARGETS.get(name, 0):.2f}" + " " * 9 for name in results), style="dim")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
