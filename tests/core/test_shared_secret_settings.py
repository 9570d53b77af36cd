"""What a shared secret may be: bytes, long, random, and nothing that anybody has published."""

from __future__ import annotations
