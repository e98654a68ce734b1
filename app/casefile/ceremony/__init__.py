"""A key ceremony as a pure machine: what stands, what may come next, and who is wrong when somebody complains.

The platform and every trustee's own tool run this same code over the same facts, so that neither believes the other.

1. Every trustee of the committee to be joins with a fresh recipient for sealed files (join).
2. Commitments in public, one sealed share to each of them (deal). To make a key, all deal, each a secret of its own; to
   hand a key on (resharing), k trustees of the committee as it stands deal, each the share that it has.
3. When all dealings are there, each opens what it was dealt and accepts, naming what it accepts by its hash (accept),
   or complains (complain), which ends the ceremony and names the guilty one.
4. The last acceptance registers the committee, or its new description.

Each step is signed with the trustee's certified key over `bidceremony/v1`, which holds the hash of the opening, so that
nobody can be shown another list of members, another k or another ceremony. A complaint lays open the complainer's
identity of this one ceremony: with it anybody opens the very file that the dealer signed. A share alone would prove
nothing, for its receiver could have made it up.
"""

from app.casefile.ceremony.complaints import COMPLAINT, judge, open_share
from app.casefile.ceremony.lineage import OF_A_CEREMONY, OPENINGS, records_behind
from app.casefile.ceremony.rules import (
    LABEL,
    SEALED_SHARE_LIMIT,
    cancel,
    certifies,
    check_opening,
    decide,
    follow,
    replay,
)
from app.casefile.ceremony.state import (
    CANCELLED,
    SHARE_WRONG,
    STATEMENT,
    STEPS,
    UNFOUNDED,
    UNREADABLE,
    Ceremony,
    ComplaintRaised,
    Opened,
    Step,
    apply,
    content,
    statement,
)

__all__ = [
    "CANCELLED",
    "COMPLAINT",
    "LABEL",
    "OF_A_CEREMONY",
    "OPENINGS",
    "SEALED_SHARE_LIMIT",
    "SHARE_WRONG",
    "STATEMENT",
    "STEPS",
    "UNFOUNDED",
    "UNREADABLE",
    "Ceremony",
    "ComplaintRaised",
    "Opened",
    "Step",
    "apply",
    "cancel",
    "certifies",
    "check_opening",
    "content",
    "decide",
    "follow",
    "judge",
    "open_share",
    "records_behind",
    "replay",
    "statement",
]
