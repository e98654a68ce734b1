"""The door for signed acts with every feature behind it: entrances import `record_act` from here.

Importing this module is what makes the features' preparations and completions known.
"""

from app.services import (
    audits,
    bids,
    booths,
    clarifications,
    deadlines,
    draw_randomness,
    draws,
    failures,
    findings,
    inspection_draws,
    inspection_results,
    inspection_statements,
    inspection_years,
    new_committees,
    opening_hall,
    openings,
    rechecks,
    recordings,
    replacements,
    reports,
    sittings,
    standstills,
    tenders,
)
from app.services.acts import act_head, parse_proposal, record_act

FEATURES = (
    tenders,
    deadlines,
    bids,
    openings,
    opening_hall,
    draws,
    draw_randomness,
    sittings,
    booths,
    standstills,
    clarifications,
    new_committees,
    rechecks,
    replacements,
    failures,
    findings,
    recordings,
    reports,
    audits,
    inspection_years,
    inspection_draws,
    inspection_results,
    inspection_statements,
)

__all__ = ["FEATURES", "act_head", "parse_proposal", "record_act"]
