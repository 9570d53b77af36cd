"""Asking the issuer for keys: when, where, how often, and what an answer may change."""

from __future__ import annotations

from typing import Any

from .model import ISSUER, Theme

OIDC = f"{ISSUER}/.well-known/openid-configuration"
OAUTH = f"{ISSUER}/.well-known/oauth-authorization-server"
KEYS = f"{ISSUER}/keys"
UNKNOWN, DOWN = "key_unknown", "keys_unavailable"
FIXED = {"issuer": ISSUER, "jwks_uri": KEYS}
FOUND = {"issuer": ISSUER, "jwks_uri": KEYS}

Step = dict[str, Any]


def look(kid: str | None, expected: Any, alg: str = "EdDSA", **more: Any) -> Step:
    """A token arrives."""
    return {"look": kid, **({} if alg == "EdDSA" else {"alg": alg}), "expected": expected, **more}


def ask(url: str = KEYS) -> str:
    """The verdict that something has to be fetched first."""
    return url


def keys(*names: str) -> list[str]:
    """The verdict that these keys may answer."""
    return list(names)


def answer(*members: Any, status: int = 200, **headers: str) -> Step:
    """The last question is answered with a key set."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"answer": {"status": status, "keys": list(members), **({"headers": given} if given else {})}}


def page(status: int = 200, text: str = "", **headers: str) -> Step:
    """The last question is answered with a text."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"answer": {"status": status, "text": text, **({"headers": given} if given else {})}}


def found(status: int = 200, **changes: Any) -> Step:
    """The last question is answered with a discovery document."""
    return {"answer": {"status": status, "document": {**FOUND, **changes}}}


def failed(reason: str = "timeout", **more: Any) -> Step:
    """The last question is not answered."""
    return {"answer": {"failed": reason, **more}}


def later(seconds: float) -> Step:
    """Time passes."""
    return {"advance": seconds}


def due(expected: Any) -> Step:
    """Off the request path: is a refresh due?"""
    return {"due": True, "expected": expected}


def state(name: str) -> Step:
    """What the state is called."""
    return {"state": name}


READY = [look("ed", ask()), answer("ed"), look("ed", keys("ed"))]
"""The keys are there, fetched at time 0."""


def fetching() -> Theme:
    """Sequences of questions, answers and time."""
    theme = Theme(
        "fetching",
        "When an issuer is asked, where, how often, and what an answer may change; time is monotonic and starts at 0.",
        "fetch",
    )

    def case(name: str, rules: str, why: str, steps: list[Step], source: str, **more: Any) -> None:
        theme.case(name, rules, why, source, policy=more.pop("policy", FIXED), **more, steps=steps)

    _places(case)
    _floods(case)
    _bad_answers(case)
    _outages(case)
    _lifetimes(case)
    return theme


def _places(case: Any) -> None:
    mix, plain = "RFC 8414 section 3.3", {"issuer": ISSUER}
    case("discovery-comes-first-then-the-keys", "N2 N6", "Two questions, both to the configured issuer.",
         [state("empty"), look("ed", ask(OIDC)), found(), look("ed", ask()), answer("ed"), look("ed", keys("ed")), state("fresh")],
         mix, policy=plain)  # fmt: skip
    case("a-configured-place-is-asked-at-once", "N2", "One question.", READY, mix)
    for status in (404, 405, 410):
        case(f"a-{status}-at-the-first-address-leads-to-the-second", "N6", "One document has two addresses in two standards.",
             [look("ed", ask(OIDC)), page(status), look("ed", ask(OAUTH)), found(), look("ed", ask()), answer("ed"),
              look("ed", keys("ed"))], "RFC 8414 section 5", policy=plain)  # fmt: skip
    case("neither-address-has-the-document", "N6 N7", "Then nobody can say, and the next attempt begins anew.",
         [look("ed", ask(OIDC)), page(404), look("ed", ask(OAUTH)), page(404), look("ed", DOWN), later(1), look("ed", ask(OIDC))],
         mix, policy=plain)  # fmt: skip
    for status in (500, 302):
        case(f"a-{status}-at-the-first-address-is-no-reason-to-try-another", "N6", "Only a missing document is elsewhere.",
             [look("ed", ask(OIDC)), found(status), look("ed", DOWN)], mix, policy=plain)  # fmt: skip
    for name, changes in (("another-issuer", {"issuer": "https://evil.example"}), ("a-slash-more", {"issuer": f"{ISSUER}/"}),
                          ("keys-by-http", {"jwks_uri": "http://id.example/keys"}), ("keys-on-this-machine", {"jwks_uri": "http://127.0.0.1/"}),
                          ("no-keys", {"jwks_uri": None})):  # fmt: skip
        case(f"a-discovery-document-with-{name}-is-not-followed", "N2 N6", "No key is fetched on its word.",
             [look("ed", ask(OIDC)), found(**changes), look("ed", DOWN), later(1), look("ed", ask(OIDC))], mix, policy=plain)  # fmt: skip
    for status, location in ((302, "https://evil.example/keys"), (307, KEYS)):
        case(f"a-{status}-is-not-followed", "N2", "A redirect is no answer: what it names is not asked.",
             [look("ed", ask()), answer("ed", status=status, location=location), look("ed", DOWN), later(1), look("ed", ask())],
             "RFC 8414 section 3; RFC 9110 section 15.4")  # fmt: skip
    case("a-moved-key-set-is-looked-for-in-discovery", "N5", "A 404 where the keys were means that they moved.",
         [look("ed", ask(OIDC)), found(), look("ed", ask()), answer("ed"), later(240), due(ask()), page(404), later(1), due(ask(OIDC)),
          found(jwks_uri=f"{ISSUER}/new"), due(ask(f"{ISSUER}/new")), answer("ed-2"), look("ed-2", keys("ed-2"))], mix, policy=plain)  # fmt: skip
    case("the-place-of-the-keys-is-not-believed-for-ever", "N6", "After an hour discovery is asked again.",
         [look("ed", ask(OIDC)), found(), look("ed", ask()), answer("ed", cache_control="max-age=7200"), later(5760), due(ask(OIDC)),
          found(), due(ask()), answer("ed"), look("ed", keys("ed"))], mix, policy=plain)  # fmt: skip
    case("a-discovery-that-fails-leaves-the-old-place", "N5", "The keys may still be where they were.",
         [look("ed", ask(OIDC)), found(), look("ed", ask()), answer("ed", cache_control="max-age=7200"), later(5760), due(ask(OIDC)),
          failed(), due(ask()), answer("ed"), due(None), look("ed", keys("ed"))], mix, policy=plain)  # fmt: skip
    case("keys-that-are-given-are-never-asked-for", "N2", "Offline means offline.",
         [state("offline"), look("ed", keys("ed")), look("made-up", UNKNOWN), due(None), later(1_000_000), look("ed", keys("ed"))],
         "RFC 7517 section 5", offline=["ed"])  # fmt: skip


def _floods(case: Any) -> None:
    source = "CVE-2026-48524; RFC 8725 section 3.10"
    flood = [look(f"made-up-{number}", UNKNOWN) for number in range(20)]
    case("made-up-names-cost-one-fetch", "N1", "One question a cool-down, however many names are made up.",
         [*READY, look("made-up", ask()), answer("ed"), *flood, look("ed", keys("ed"))], source)  # fmt: skip
    case("made-up-names-cost-one-fetch-a-cool-down", "N1", "Ten seconds later one more.",
         [*READY, look("a", ask()), answer("ed"), look("b", UNKNOWN), later(9.5), look("c", UNKNOWN), later(0.5), look("d", ask()),
          answer("ed"), look("e", UNKNOWN)], source)  # fmt: skip
    case("a-known-name-is-served-while-a-made-up-one-is-looked-for", "N1", "Nobody waits for somebody else's question.",
         [*READY, look("made-up", ask()), look("ed", keys("ed")), answer("ed"), look("ed", keys("ed"))], source)  # fmt: skip
    case("two-made-up-names-at-once-ask-the-same-question", "N1", "The second finds it asked.",
         [*READY, look("a", ask()), look("b", ask()), answer("ed"), look("a", UNKNOWN), look("b", UNKNOWN)], source)  # fmt: skip
    case("a-made-up-name-before-any-keys-costs-nothing-more", "N1", "The first fetch answers for it too, as far as it goes.",
         [look("made-up", ask()), answer("ed"), look("made-up", ask()), answer("ed"), look("made-up", UNKNOWN), look("ed", keys("ed"))],
         source)  # fmt: skip
    case("a-new-key-is-found-in-the-same-request", "S17 N1", "A name that is not known yet may be new.",
         [*READY, look("ed-2", ask()), answer("ed-2", "ed"), look("ed-2", keys("ed-2")), look("ed", keys("ed"))], source)  # fmt: skip
    case("a-new-key-is-found-right-after-a-refresh", "S17 N1", "A scheduled refresh starts no cool-down.",
         [*READY, later(240), due(ask()), answer("ed"), look("ed-2", ask()), answer("ed-2"), look("ed-2", keys("ed-2"))], source)  # fmt: skip
    case("a-known-name-for-another-algorithm-is-asked-for-once", "N1 S5", "Perhaps the key changed; not twice in a cool-down.",
         [*READY, look("ed", ask(), "RS256"), answer("ed"), look("ed", UNKNOWN, "RS256"), look("ed", keys("ed"))], source)  # fmt: skip
    case("no-name-and-two-keys-is-asked-for-once", "N1 S15", "Perhaps one of them went; not twice in a cool-down.",
         [look(None, ask()), answer("ed", "ed-2"), look(None, ask()), answer("ed", "ed-2"), look(None, UNKNOWN), look("ed", keys("ed"))],
         source)  # fmt: skip
    case("a-key-that-was-withdrawn-stops-at-the-next-refresh", "S17", "A set is replaced as a whole.",
         [look("ed", ask()), answer("ed", "ed-2"), look("ed-2", keys("ed-2")), later(240), due(ask()), answer("ed"),
          look("ed-2", ask()), answer("ed"), look("ed-2", UNKNOWN), look("ed", keys("ed"))], "CVE-2025-22149")  # fmt: skip
    case("a-key-that-was-withdrawn-stops-when-a-new-one-is-found", "S17", "A set is replaced as a whole.",
         [*READY, look("ed-2", ask()), answer("ed-2"), look("ed-2", keys("ed-2")), look("ed", UNKNOWN)], "CVE-2025-22149")  # fmt: skip
    case("a-name-that-was-given-to-another-key", "S17", "The name now means the new key.",
         [look("ed", ask()), answer({"$key": "rsa", "kid": "ed"}), look("ed", keys("ed"), "RS256"), later(240), due(ask()), answer("ed"),
          look("ed", keys("ed"))], "CVE-2025-22149")  # fmt: skip
    case("an-answer-that-comes-twice-counts-once", "N4", "What another answer has overtaken is not taken in.",
         [look("ed", ask()), answer("ed"), {**answer("ed-2"), "again": True}, look("ed", keys("ed")), look("ed-2", ask())],
         "RFC 7517 section 5")  # fmt: skip


def _bad_answers(case: Any) -> None:
    source = "RFC 7517 section 5; RFC 8725 section 3.10"
    big = {"answer": {"status": 200, "recipe": ['{"keys":[],"x":"', {"repeat": "x", "times": 262_144}, '"}']}}
    twice = '{"keys":[],"keys":[{"kty":"OKP"}]}'
    bad: list[tuple[str, str, Step]] = [
        ("an-empty-set", "N4", answer()),
        ("a-set-without-a-usable-key", "N3 N4", answer({"kty": "oct", "k": "AAAA"}, "rsa-1024", None)),
        ("text-that-is-not-json", "N4", page(text="Service Unavailable")),
        ("a-web-page", "N4", page(text="<html></html>", content_type="text/html; charset=utf-8")),
        (
            "json-called-a-web-page",
            "N2",
            {"answer": {"status": 200, "keys": ["ed-2"], "headers": {"content-type": "text/html"}}},
        ),
        ("nothing", "N4", page()),
        ("a-member-given-twice", "P2 N4", page(text=twice)),
        ("a-document-that-is-too-large", "N4 P7", big),
        ("a-500", "N5", page(500, '{"keys":[]}')),
        ("a-404-with-a-key-set", "N5", answer("ed-2", status=404)),
        ("a-206-with-a-key-set", "N5", answer("ed-2", status=206)),
        ("a-302-with-a-key-set", "N2", answer("ed-2", status=302, location=KEYS)),
        ("no-answer", "N5", failed()),
    ]
    for name, rules, step in bad:
        case(f"{name}-replaces-nothing", rules, "What is not a usable set changes nothing: the keys stay, and are asked for again.",
             [*READY, later(240), due(ask()), step, look("ed", keys("ed")), due(None), later(1), due(ask()), answer("ed-2", "ed"),
              look("ed-2", keys("ed-2"))], source)  # fmt: skip
    case("a-set-with-one-bad-key-is-taken", "N3", "The bad key is left out.",
         [*READY, later(240), due(ask()), answer(None, "rsa-1024", "ed-2"), look("ed-2", keys("ed-2"))], source)  # fmt: skip
    case("a-set-with-private-members-is-taken", "N4 S10", "They are not read.",
         [look("ed", ask()), answer({"$key": "ed", "d": "AAAA"}), look("ed", keys("ed"))], source)  # fmt: skip
    for name, kind in (
        ("application-jwk-set-json", "application/jwk-set+json"),
        ("text-plain", "text/plain"),
    ):
        case(f"a-set-called-{name}-is-taken", "N2", "Issuers call it many names; what counts is that it is one.",
             [look("ed", ask()), answer("ed", content_type=kind), look("ed", keys("ed"))], source)  # fmt: skip


def _outages(case: Any) -> None:
    source = "CVE-2026-48524; RFC 9110 section 15.6.4"
    case("an-outage-at-the-start-is-not-the-callers-fault", "N5 N7", "Nobody can say: not 'unknown', but 'not now', and when to ask again.",
         [look("ed", ask()), failed(), look("ed", DOWN, retry_after=1), later(0.5), look("ed", DOWN, retry_after=0.5), later(0.5),
          look("ed", ask()), answer("ed"), look("ed", keys("ed"))], source)  # fmt: skip
    doubling: list[Step] = []
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        doubling += [look("ed", ask()), failed(), look("ed", DOWN, retry_after=pause), later(pause)]
    case(
        "attempts-grow-rarer-up-to-a-minute",
        "N5",
        "A provider that is down is not helped by more questions.",
        doubling,
        source,
    )
    case("a-success-forgets-the-failures", "N5", "The next outage begins with short pauses again.",
         [*doubling[:12], look("ed", ask()), answer("ed"), later(240), due(ask()), failed(), due(None), later(1), due(ask())], source)  # fmt: skip
    case("an-outage-leaves-known-keys-serving", "N5 N7", "What is held serves for an hour past its lifetime, no longer.",
         [*READY, later(240), due(ask()), failed(), look("ed", keys("ed")), state("due"), later(60), state("stale"), due(ask()), failed(),
          look("ed", keys("ed")), later(3599.5), look("ed", keys("ed")), later(0.5), state("expired"), look("ed", ask()), failed(),
          look("ed", DOWN)], source)  # fmt: skip
    case("keys-past-their-grace-are-not-used-and-not-lost", "N7", "An answer brings them back.",
         [*READY, later(3900), look("ed", ask()), answer("ed"), look("ed", keys("ed")), state("fresh")], source)  # fmt: skip
    case("an-unknown-name-during-an-outage-is-not-called-unknown", "N5 N1", "It could be new: nobody can say, and known keys serve on.",
         [*READY, look("ed-2", ask()), failed(), look("ed-2", DOWN, retry_after=10), look("ed", keys("ed")), later(10), look("ed-2", ask()),
          answer("ed-2"), look("ed-2", keys("ed-2"))], source)  # fmt: skip
    case("retry-after-is-heeded", "N5", "The provider says when.",
         [look("ed", ask()), page(503, retry_after="30"), look("ed", DOWN, retry_after=30), later(29.5), look("ed", DOWN), later(0.5),
          look("ed", ask())], "RFC 9110 section 10.2.3")  # fmt: skip
    for name, text, pause in (("a-day", "86400", 60), ("nothing", "0", 1), ("a-negative-number", "-5", 1), ("a-hundred-digits", "9" * 100, 1),
                              ("digits-of-another-script", "\u0663\u0660", 1)):  # fmt: skip
        case(f"retry-after-of-{name}-is-bounded", "N5 P5", "At least our own pause, at most a minute; what is not understood is not heeded.",
             [look("ed", ask()), page(503, retry_after=text), look("ed", DOWN, retry_after=pause), later(pause), look("ed", ask())],
             "RFC 9110 section 10.2.3")  # fmt: skip


def _lifetimes(case: Any) -> None:
    source = "RFC 9111 section 5.2.2.1"
    case("a-refresh-is-due-before-the-keys-are-old", "N7 C6", "At four fifths of the lifetime, off the request path.",
         [*READY, later(239.5), due(None), state("fresh"), later(0.5), due(ask()), look("ed", keys("ed")), answer("ed"), due(None)],
         source)  # fmt: skip
    for name, control, ahead in (
        ("five-seconds", "max-age=5", 48), ("ten-minutes", "public, max-age=600", 480), ("a-year", "max-age=31536000, immutable", 69_120),
        ("nothing", "no-store", 48), ("no-number", "max-age=soon", 240), ("a-negative-number", "max-age=-1", 240),
        ("a-number-of-twenty-digits", "max-age=99999999999999999999", 240), ("another-directive", "s-maxage=600", 240),
    ):  # fmt: skip
        case(f"a-lifetime-of-{name}-is-kept-within-bounds", "N7 S17", "What the issuer says counts, between a minute and a day.",
             [look("ed", ask()), answer("ed", cache_control=control), look("ed", keys("ed")), later(ahead - 0.5), due(None), later(0.5),
              due(ask())], source)  # fmt: skip
