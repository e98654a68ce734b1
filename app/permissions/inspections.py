"""The part of the policy about years of inspections (55)."""

from __future__ import annotations

from app.casefile.case import Phase as P
from app.permissions.actions import Action as A
from app.permissions.grants import Grant
from app.permissions.grants import grant as _grant
from app.permissions.grants import phases_in as _in
from app.permissions.predicates import (
    at_no_booth,
    inspected,
    inspection_public,
    joins_inspection,
    leads_inspection,
    signs_inspection,
    states_inspection,
)
from app.procedure.roles import Role as R

EVERY_ROLE = tuple(R)
HEARD = (R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, R.BIDDER, R.EXPERT)  # of whom objects of inspections may be

# A year of inspections is no tender: it has no further phase than that of a draft.
INSPECTING = _grant(R.REGULATOR, when=joins_inspection, phases=_in(P.DRAFT))
STATING = _grant(R.CENTRE_OPERATOR, when=states_inspection, phases=_in(P.DRAFT))
SIGNING = _grant(R.TRUSTEE, when=signs_inspection, phases=_in(P.DRAFT))
LEADING = _grant(R.REGULATOR, when=leads_inspection, phases=_in(P.DRAFT))

INSPECTIONS: dict[A, tuple[Grant, ...]] = {
    A.INSPECTION_OPEN: (_grant(R.REGULATOR),),  # 55
    A.INSPECTION_DESK: (_grant(R.REGULATOR, R.CENTRE_OPERATOR, R.TRUSTEE),),  # own only, by query
    A.INSPECTION_REGISTER: (_grant(R.REGULATOR),),  # items and inspectors of one's own authority
    A.INSPECTION_FILE: (
        _grant(R.REGULATOR),
        _grant(*HEARD, when=at_no_booth),
    ),  # into one's own space; only the act makes it evidence
    A.INSPECTION_READ: (  # 55: published, once the plan is approved
        _grant(*EVERY_ROLE, when=inspection_public, phases=_in(P.DRAFT)),
        INSPECTING,
    ),
    A.INSPECTION_PREPARE: (LEADING,),  # 55, 2
    A.INSPECTION_APPROVE: (LEADING,),
    A.INSPECTORS_LIST: (INSPECTING,),
    A.INSPECTION_VISIT: (INSPECTING,),  # who is listed, or drawn for the object, by rule
    A.INSPECTION_ANSWER: (_grant(*HEARD, when=inspected, phases=_in(P.DRAFT)),),  # of an object that was drawn, by rule
}
