"""Write the attack corpus (tests/vectors) and its page (docs/reference/attack-classes.md): `python tools/make_vectors.py`.

With ``--check`` nothing is written: it says whether what is there is what would be written. Nothing in it is random but
new keys and ML-DSA signatures, and those that are stored are kept, so that running it again changes nothing.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
if str(ROOT) not in sys.path:  # run as a script, not as a module
    sys.path.insert(0, str(ROOT))

from tools.vectors import (  # noqa: E402  # the line above makes it findable
    dates,
    documents,
    doors,
    elliptic,
    fetching,
    forms,
    grants,
    headers,
    identities,
    keys,
    kinds,
    rsa,
    signatures,
    sizes,
    texts,
)
from tools.vectors.model import DEFAULTS, Theme  # noqa: E402  # as above
from tools.vectors.rules import NOT_YET, RULES  # noqa: E402  # as above

PAGE: Final = ROOT / "docs" / "reference" / "attack-classes.md"

THEMES: Final = (
    signatures.unsigned,
    signatures.confusions,
    signatures.altered,
    elliptic.ecdsa_edges,
    elliptic.edwards_edges,
    rsa.rsa_edges,
    headers.offered,
    headers.key_names,
    headers.extensions,
    forms.forms,
    forms.alphabets,
    texts.duplicates,
    texts.syntax,
    texts.unicode,
    sizes.sizes,
    dates.dates,
    identities.issuers,
    identities.audiences,
    kinds.types,
    grants.subjects,
    grants.scopes,
    documents.key_sets,
    documents.discoveries,
    doors.requests,
    doors.challenges,
    doors.policies,
    fetching.fetching,
)

HEAD: Final = """\
# Attack classes

<!-- Generated from tests/vectors by `python tools/make_vectors.py`; a test compares. Change the cases, not this page. -->

What a verifier of access tokens must be immune to, as classes that were seen in the wild, and the cases of our corpus that stand
for each: {cases} cases in {themes} files, of which {accepted} must be **accepted**, because strictness that refuses good tokens is a
fault too. The corpus is plain JSON that a program in any language can run:
[its format](../../tests/vectors/README.md), [its files](../../tests/vectors/attacks).

| rule | what it demands | cases |
|---|---|---:|
"""


def themes() -> list[Theme]:
    """Every theme, made anew."""
    return [make() for make in THEMES]


def files(made: list[Theme]) -> Iterator[tuple[Path, str]]:
    """What is stored: each file and its text."""
    yield keys.KEY_FILE, keys.render()
    yield keys.VECTORS / "defaults.json", json.dumps(DEFAULTS, indent=2) + "\n"
    for theme in made:
        yield keys.VECTORS / "attacks" / f"{theme.name}.json", theme.render()
    yield PAGE, page(made)


def page(made: list[Theme]) -> str:
    """The table of rules, and under it the names of the cases of each."""
    by_rule: dict[str, dict[str, list[str]]] = {rule: defaultdict(list) for rule in RULES}
    for theme in made:
        for case in theme.cases:
            for rule in case["rules"]:
                by_rule[rule][theme.name].append(case["name"])
    every = [case for theme in made for case in theme.cases]
    parts = [HEAD.format(cases=len(every), themes=len(made), accepted=sum(accepted(case) for case in every))]
    for rule, demand in RULES.items():
        parts.append(f"| [{rule}](#{rule.lower()}) | {demand} | {sum(map(len, by_rule[rule].values()))} |\n")
    for rules, reason in NOT_YET.items():
        parts.append(f"| {rules} | {reason} | none yet |\n")
    for rule, demand in RULES.items():
        parts.append(f"\n## {rule}\n\n{demand}.\n\n")
        for theme_name, names in by_rule[rule].items():
            link = f"[{theme_name}](../../tests/vectors/attacks/{theme_name}.json)"
            parts.append(f"- {link}: {', '.join(names)}\n")
    return "".join(parts)


def accepted(case: dict[str, object]) -> bool:
    """Whether a case is one of a token that must be accepted."""
    return case.get("expected") == "accept" and "settings" not in case


def main(arguments: list[str]) -> int:
    """Write what has changed, or with ``--check`` say what would; returns the exit status."""
    check = arguments == ["--check"]
    if arguments and not check:
        print("usage: make_vectors.py [--check]", file=sys.stderr)
        return 2
    made = themes()
    stale = 0
    wanted = dict(files(made))
    for path in sorted((keys.VECTORS / "attacks").glob("*.json")):
        if path not in wanted:
            stale += 1
            print(f"{path.relative_to(ROOT)} belongs to no theme" + ("" if check else ": removed"))
            if not check:
                path.unlink()
    for path, text in wanted.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'is stale' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
