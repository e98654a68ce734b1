"""Sealing, signing and proofs: bytes in, bytes out. No framework, no database, nothing of `app`."""
