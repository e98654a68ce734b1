"""Use cases: each is one transaction that locks, reads the clock, authorises, asks a pure rule and writes."""
