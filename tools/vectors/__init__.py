"""What the attack corpus is made of: keys, a way to write cases down, and a module for each theme."""

from __future__ import annotations
