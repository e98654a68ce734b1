"""The door for signed acts with every feature behind it: entrances import `record_act` from here.

Importing this module is what makes the features' preparations and completions known.
"""

from app.services import (
    audits,
    bids,
    booths,
    clarifications,
    competition,
    deadlines,
    draw_randomness,
    draws,
    failures,
    findings,
    inspection_draws,
    inspection_results,
    inspection_statements,
    inspection_years,
    more_time,
    new_committees,
    opening_hall,
    openings,
    picture_ends,
    rechecks,
    recordings,
    replacements,
    reports,
    rollbacks,
    sittings,
    standstills,
    tenders,
)
from app.services.acts import act_head, parse_proposal, record_act

FEATURES = (
    competition,
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
    more_time,
    new_committees,
    rechecks,
    replacements,
    failures,
    findings,
    picture_ends,
    recordings,
    reports,
    rollbacks,
    audits,
    inspection_years,
    inspection_draws,
    inspection_results,
    inspection_statements,
)

__all__ = ["FEATURES", "act_head", "parse_proposal", "record_act"]
