"""The law itself: what we accept the peers accept, with the same claims; what they accept and we refuse is foretold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bearerguard import Verifier
from tests.differential.peers import PEERS, Question, asked, ours, same
from tests.differential.reading import Reading
from tests.differential.rules import EXCUSES, foretold


@dataclass
class Tally:
    """How a run went: how many tokens all accepted, all refused, and we alone refused, by the rules that foretold it."""

    accepted: int = 0
    refused: int = 0
    stricter: Counter[str] = field(default_factory=Counter)
    excused: int = 0

    @property
    def tokens(self) -> int:
        """How many there were."""
        return self.accepted + self.refused + self.stricter.total() + self.excused

    def holds(self, question: Question, token: str, verifier: Verifier | None = None) -> None:
        """Assert the law for one token."""
        verdict = ours(verifier or question.verifier(), token)
        reading = Reading(token)
        header = reading.header.members
        algorithm = header.get("alg")
        known = [peer for peer in PEERS if isinstance(algorithm, str) and algorithm in peer.algorithms]
        claims = {peer.name: asked(peer, question, token, header) for peer in known}
        if isinstance(verdict, str):
            accepting = [name for name, found in claims.items() if found is not None]
            if not accepting:
                self.refused += 1
                return
            rules = foretold(verdict, reading, question)
            assert rules, (
                f"{', '.join(accepting)} accept what is refused here as {verdict}, and no rule says so: {token}"
            )
            self.stricter[rules[0]] += 1
            return
        for name, found in claims.items():
            assert found is None or same(found, verdict), f"accepted with other claims by {name}: {token}"
        refusing = [name for name, found in claims.items() if found is None]
        if refusing and any(excuse(reading, question) for excuse in EXCUSES.values()):
            self.excused += 1
            return
        assert not refusing, f"accepted here and not by {', '.join(refusing)}: {token}"
        self.accepted += 1
