"""What holds for every provider: its tokens are accepted and read, every near miss is refused."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bearerguard import ANY_TYPE
from bearerguard.providers import PROVIDERS
from bearerguard.verified import Verified
from tests.providers.shapes import SHAPES, STRANGER, TIMES, Impostor, Shape, read, token

ALL: Final = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
IMPOSTORS: Final = [
    pytest.param(shape, impostor, id=f"{name}: {what}")
    for name, shape in SHAPES.items()
    for what, impostor in shape.impostors.items()
]
EVIDENCE: Final = [
    pytest.param(shape, name, id=f"{provider}: {name}")
    for provider, shape in SHAPES.items()
    for name in shape.evidence
]


def verdict(shape: Shape, header: dict[str, Any] | None = None, **changes: Any) -> Verified | str:
    return read(shape.policy, token(dict(shape.header) | (header or {}), dict(shape.claims) | changes))


def test_every_provider_has_a_shape_here() -> None:
    assert list(SHAPES) == list(PROVIDERS)


@ALL
def test_a_token_of_the_provider_is_accepted_and_read(shape: Shape) -> None:
    caller = verdict(shape)
    assert isinstance(caller, Verified), caller
    assert (caller.subject, caller.client_id, caller.audience) == (
        shape.subject,
        shape.client_id,
        shape.audience,
    )
    assert (caller.scopes, caller.roles) == (shape.scopes, shape.roles)
    assert caller.issuer == shape.policy.issuer


@ALL
def test_what_other_providers_call_a_client_a_scope_or_a_role_is_not_read(shape: Shape) -> None:
    names = {
        "azp",
        "client_id",
        "cid",
        "appid",
        "scope",
        "scp",
        "roles",
        "groups",
        "permissions",
        "role",
        "org_role",
    }
    strays = dict.fromkeys(names - shape.also - shape.claims.keys(), "stray")
    caller = read(shape.policy, token(shape.header, strays | dict(shape.claims)))
    assert isinstance(caller, Verified), caller
    assert (caller.client_id, caller.scopes, caller.roles) == (shape.client_id, shape.scopes, shape.roles)


@pytest.mark.parametrize(("shape", "impostor"), IMPOSTORS)
def test_another_token_of_the_provider_is_refused(shape: Shape, impostor: Impostor) -> None:
    assert (
        read(shape.policy, token(dict(shape.header) | dict(impostor.header), impostor.claims))
        == impostor.code
    )


@pytest.mark.parametrize(("shape", "name"), EVIDENCE)
def test_a_token_without_the_evidence_is_refused(shape: Shape, name: str) -> None:
    without = {claim: value for claim, value in shape.claims.items() if claim != name}
    refusal = read(shape.policy, token(shape.header, without))
    assert refusal in ("claim_refused", "claim_missing", "audience_wrong")


@ALL
def test_a_token_of_another_tenant_is_refused(shape: Shape) -> None:
    assert verdict(shape, iss=shape.other_tenant) == "issuer_wrong"


@ALL
def test_an_issuer_with_a_slash_more_or_less_is_another(shape: Shape) -> None:
    issuer = shape.policy.issuer
    other = issuer.removesuffix("/") if issuer.endswith("/") else issuer + "/"
    assert verdict(shape, iss=other) == "issuer_wrong"


@ALL
def test_a_token_for_another_audience_is_refused(shape: Shape) -> None:
    others: list[Any] = [
        "https://other.example",
        ["https://other.example"],
        [],
        None,
        shape.audience[0] + "/",
    ]
    for other in others:
        changed = dict(shape.claims) | {shape.policy.audience_claim: other}
        assert read(shape.policy, token(shape.header, changed)) == "audience_wrong"


@ALL
def test_a_token_that_somebody_else_signed_is_refused(shape: Shape) -> None:
    header = dict(shape.header) | {"alg": "RS256", "kid": "rsa"}
    assert read(shape.policy, token(header, shape.claims, STRANGER)) == "signature_invalid"


@ALL
def test_a_token_that_has_expired_is_refused(shape: Shape) -> None:
    assert isinstance(verdict(shape, exp=TIMES["iat"] + 31), Verified)  # 29 s ago, within the leeway
    assert verdict(shape, exp=TIMES["iat"] + 30) == "token_expired"


@ALL
def test_a_token_of_a_type_that_the_provider_does_not_give_is_refused(shape: Shape) -> None:
    if (
        shape.policy.token_type is ANY_TYPE
    ):  # the header says nothing there, and the evidence stands elsewhere
        assert shape.evidence
        return
    for typ in {"JWT", "at+jwt"} - {shape.header["typ"]}:
        assert verdict(shape, {"typ": typ}) == "token_type_wrong"
    untyped = {name: value for name, value in shape.header.items() if name != "typ"}
    assert read(shape.policy, token(untyped, shape.claims)) == "token_type_wrong"


def test_the_header_says_nothing_in_the_tokens_of_three() -> None:
    assert [name for name, shape in SHAPES.items() if shape.policy.token_type is ANY_TYPE] == [
        "keycloak",
        "cognito",
        "okta",
    ]


@ALL
@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "secevent+jwt", "ID"])
def test_a_token_of_a_type_of_its_own_is_refused(shape: Shape, typ: str) -> None:
    assert verdict(shape, {"typ": typ}) == "token_type_wrong"


@ALL
def test_what_an_operator_requires_is_added_to_the_rows_evidence_and_replaces_none_of_it(
    shape: Shape,
) -> None:
    row = next(row for name, row in PROVIDERS.items() if SHAPES[name] is shape)
    strict = row.policy(*row.example, required_claims=["tenant"], checks=[lambda claims: None])
    claims = dict(shape.claims)
    assert isinstance(read(strict, token(shape.header, claims | {"tenant": "t1"})), Verified)
    assert read(strict, token(shape.header, claims)) in ("claim_missing", "claim_refused")
    for name in shape.evidence:
        without = {claim: value for claim, value in claims.items() if claim != name}
        assert isinstance(read(strict, token(shape.header, without | {"tenant": "t1"})), str)
