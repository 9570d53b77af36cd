"""``python -m bearerguard.cli``: the program where no script of that name is on the path."""

from __future__ import annotations

import sys

from . import main

sys.exit(main())
