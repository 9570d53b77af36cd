"""May these bytes be a shared secret? And does the refusal keep them to itself?"""

from __future__ import annotations

import traceback
from typing import Any

from bearerguard import ConfigurationError
from bearerguard.shared_secret import SharedSecretPolicy
from tests.core.builders import AUDIENCE, ISSUER


def accepted(secret: Any, **settings: Any) -> bool:
    """Whether these bytes may be a secret; if not, it is the operator's fault."""
    try:
        SharedSecretPolicy(**({"secret": secret, "issuer": ISSUER, "audience": AUDIENCE} | settings))
    except ConfigurationError as error:
        assert error.code == "configuration_keys"
        return False
    return True


def keeps_it(error: ConfigurationError, secret: Any) -> None:
    """Assert that nothing an error shows, or drags along, holds the secret."""
    told = "".join(traceback.format_exception(error)) + repr(
        (error, error.args, error.hint, error.expected, error.received)
    )
    assert error.__cause__ is None
    assert error.__context__ is None
    raw = bytes(secret) if isinstance(secret, (bytes, bytearray)) else str(secret).encode()
    if len(raw) >= 8:
        assert repr(raw)[2:-1] not in told
        assert raw.hex() not in told
        assert raw.decode("latin-1") not in told
