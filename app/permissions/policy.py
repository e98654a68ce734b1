"""The whole policy as one table: every action, who has it, in which phase, under which condition.

What is not listed is denied. `2` in a comment: only with a second person, which the rule of the act itself enforces.
"""

from __future__ import annotations

from app.casefile.case import Case, Phase
from app.permissions.actions import Action as A
from app.permissions.grants import Grant
from app.permissions.grants import NotAllowed as NotAllowed
from app.permissions.grants import grant as _grant
from app.permissions.grants import inspector as _inspector
from app.permissions.grants import phases_in as _in
from app.permissions.inspections import EVERY_ROLE, INSPECTING, INSPECTIONS, SIGNING, STATING
from app.permissions.predicates import (
    at_no_booth,
    competent,
    given_up_before,
    has_bid,
    has_site,
    inspection_public,
    knows_sitting,
    of_the_agency,
    of_the_centre,
    of_the_rehearsal,
    seated,
    sits_on_committee,
)
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from app.procedure.roles import Role as R

P = Phase
ANY_PHASE = frozenset(Phase)
PUBLISHED = ANY_PHASE - {P.DRAFT}
OPENED = frozenset({P.OPENING, P.DRAW, P.SCORING, P.CONSENSUS, P.RESULT})
OVER = frozenset({P.RESULT, P.FAILED})
DRAWING = frozenset({P.DRAW, P.SCORING})  # a successor is drawn while the sitting waits for it
BOOKABLE = frozenset({P.BIDDING, P.SEALED, P.OPENING, P.DRAW, P.SCORING, P.CONSENSUS})
SITTING = frozenset({P.SCORING, P.CONSENSUS})
DRAWN = frozenset({P.DRAW, P.SCORING, P.CONSENSUS})
STAFF = (R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, R.CENTRE_OPERATOR, R.SITE_WITNESS, R.REGULATOR, R.TRUSTEE)

AGENCY = {"when": of_the_agency}
DRAW_PARTIES = (
    _grant(R.AGENCY_SUPERVISOR, phases=DRAWING, **AGENCY),
    _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=DRAWING),
    _grant(R.REGULATOR, when=competent, phases=DRAWING),
    STATING,
    INSPECTING,  # 55
)


POLICY: dict[A, tuple[Grant, ...]] = {
    A.SITE_READ: (_grant(*EVERY_ROLE),),
    A.RECORD_VERIFY: (_grant(*EVERY_ROLE),),
    A.ACCOUNT_REGISTER: (_grant(R.PUBLIC),),
    A.WEB_SESSION_BEGIN: (_grant(*EVERY_ROLE),),
    A.INVITATION_ACCEPT: (_grant(R.PUBLIC),),
    A.CALL_UP_ANSWER: (_grant(R.PUBLIC, R.EXPERT),),
    A.SEAT_REQUEST: (_grant(R.PUBLIC, R.EXPERT),),
    A.OWN_ACCOUNT: (_grant(*(role for role in R if role is not R.PUBLIC)),),
    A.CERTIFICATE_REQUEST: (_grant(*(role for role in R if role is not R.PUBLIC)),),
    A.CERTIFICATE_REVOKE: (_grant(*(role for role in R if role is not R.PUBLIC)),),
    A.ACCOUNT_PREPARE: (_grant(R.SYSTEM_ADMIN),),  # 59, 2
    A.ACCOUNT_APPROVE: (_grant(R.CENTRE_OPERATOR, R.AGENCY_SUPERVISOR),),  # 59, 2
    A.ACCOUNT_SUSPEND: (_grant(R.SYSTEM_ADMIN),),
    A.EXPERT_MANAGE: (_grant(R.CENTRE_OPERATOR),),
    A.REGISTRATION_SUBMIT: (_grant(R.BIDDER),),
    A.REGISTRATION_CHECK: (_grant(R.CENTRE_OPERATOR, R.REGULATOR),),  # 2: another than who looked first
    A.EXPERT_ADMIT: (_grant(R.CENTRE_OPERATOR, R.REGULATOR),),  # 2: another than who reviewed; also to remove
    A.FAIRNESS_READ: (_grant(R.REGULATOR),),  # of lots that are over
    A.EXPERT_APPLY: (_grant(R.PUBLIC),),  # also to ask how it stands, by code
    A.EXPERT_ENTER: (_grant(R.PUBLIC),),  # the invitation goes to the address of the library alone
    A.EXPERT_OWN: (_grant(R.EXPERT, when=at_no_booth),),  # 76 O
    A.FEE_LIST: (_grant(R.CENTRE_OPERATOR),),  # 76: of the own centre, by query
    A.FEE_KEEP: (_grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=OVER),),  # 76, 2
    A.APPRAISAL_LIST: (  # 76: own cases that are over, by query
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, R.CENTRE_OPERATOR, R.REGULATOR),
    ),
    A.APPRAISAL_GIVE: (  # 76, 2: by seat, without a name
        _grant(R.AGENCY_OFFICER, phases=OVER, **AGENCY),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=OVER),
    ),
    A.APPRAISAL_CONFIRM: (
        _grant(R.AGENCY_SUPERVISOR, phases=OVER, **AGENCY),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=OVER),
    ),
    A.APPRAISAL_DECIDE: (  # an objection: neither of the two
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=OVER),
        _grant(R.REGULATOR, when=competent, phases=OVER),
    ),
    A.SERVING_READ: (_inspector(P.RESULT, P.FAILED),),  # 76 L: fees and appraisals of a lot, by seat
    A.NAME_ASK: (_grant(R.REGULATOR, when=competent, phases=DRAWN),),  # 29, 2: also to decide it
    A.NAME_SEE: (_grant(R.REGULATOR, when=competent, phases=DRAWN),),
    A.NAME_ALARM: (_grant(R.CENTRE_OPERATOR, R.REGULATOR, R.SYSTEM_ADMIN),),  # that it happened: no name, no number
    A.SITE_LIST: (_grant(R.CENTRE_OPERATOR, R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR),),  # 25: quotas name sites
    A.SITE_MANAGE: (_grant(R.CENTRE_OPERATOR),),
    A.CALENDAR_READ: (_grant(R.CENTRE_OPERATOR, R.SITE_WITNESS),),  # own sites, by query; never what is evaluated
    A.BOOKING_ARRANGE: (  # also to move and to cancel: the host, from the notice to the end of the evaluation
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=BOOKABLE),
    ),
    A.BOOKING_ANSWER: (_grant(R.CENTRE_OPERATOR),),  # of own rooms, by rule
    A.COMMITTEE_REGISTER: (_grant(R.CENTRE_OPERATOR),),
    A.CEREMONY_OPEN: (_grant(R.CENTRE_OPERATOR),),  # also to cancel it
    A.CEREMONY_TAKE_PART: (_grant(R.TRUSTEE),),  # a member of it, by rule
    A.CEREMONY_READ: (_grant(R.TRUSTEE, R.CENTRE_OPERATOR, R.REGULATOR),),
    # whose agents give shares, or bytes of draws
    A.AGENT_REPORT: (_grant(R.TRUSTEE, R.AGENCY_SUPERVISOR, R.CENTRE_OPERATOR, R.REGULATOR),),
    A.REHEARSAL_OPEN: (_grant(R.CENTRE_OPERATOR),),
    A.REHEARSAL_LIST: (_grant(R.CENTRE_OPERATOR, R.TRUSTEE),),  # own only, by query
    A.REHEARSAL_WATCH: (_grant(R.CENTRE_OPERATOR, R.TRUSTEE, when=of_the_rehearsal, phases=_in(P.DRAFT)),),
    A.REHEARSAL_SIGN: (_grant(R.TRUSTEE, when=of_the_rehearsal, phases=_in(P.DRAFT)),),  # no tender: no further phase
    **INSPECTIONS,
    A.CASE_OPEN: (_grant(R.AGENCY_OFFICER),),  # 1
    A.NEXT_ROUND_OPEN: (_grant(R.AGENCY_OFFICER, phases=PUBLISHED, **AGENCY),),  # 1: only what failed
    A.DRAFT_EDIT: (_grant(R.AGENCY_OFFICER, phases=_in(P.DRAFT), **AGENCY),),  # 1
    A.DRAFT_READ: (_grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=_in(P.DRAFT), **AGENCY),),  # 2
    A.TENDER_SUBMIT: (_grant(R.AGENCY_OFFICER, phases=_in(P.DRAFT), **AGENCY),),  # 3, 2
    A.TENDER_RELEASE: (_grant(R.AGENCY_SUPERVISOR, phases=_in(P.DRAFT), **AGENCY),),  # 3, 2
    A.NOTICE_READ: (
        _grant(*STAFF, R.BIDDER, R.SYSTEM_ADMIN, R.PUBLIC, phases=PUBLISHED),
        _grant(R.EXPERT, when=seated, phases=PUBLISHED),  # 4: experts only from sign-in
    ),
    A.DOCUMENTS_DOWNLOAD: (  # 5; 2: what a draft has, whoever edits or releases it reads
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=_in(P.DRAFT), **AGENCY),
        _grant(*STAFF, R.BIDDER, R.PUBLIC, phases=PUBLISHED),
        _grant(R.EXPERT, when=seated, phases=PUBLISHED),
    ),
    A.DOWNLOADS_LIST: (  # 6: nobody before the opening
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=OPENED, **AGENCY),
        _inspector(*OPENED),  # L
    ),
    A.QUESTION_ASK: (_grant(R.BIDDER, phases=_in(P.BIDDING)),),  # 7
    A.ANSWER_PROPOSE: (_grant(R.AGENCY_OFFICER, phases=_in(P.BIDDING), **AGENCY),),  # 8, 2
    A.ANSWER_RELEASE: (_grant(R.AGENCY_SUPERVISOR, phases=_in(P.BIDDING), **AGENCY),),
    A.AMENDMENT_PROPOSE: (_grant(R.AGENCY_OFFICER, phases=_in(P.BIDDING), **AGENCY),),  # 8, 9, 2
    A.AMENDMENT_RELEASE: (_grant(R.AGENCY_SUPERVISOR, phases=_in(P.BIDDING), **AGENCY),),
    A.POSTPONEMENT_PROPOSE: (_grant(R.AGENCY_OFFICER, phases=_in(P.BIDDING), **AGENCY),),  # 9, 2
    A.POSTPONEMENT_RELEASE: (_grant(R.AGENCY_SUPERVISOR, phases=_in(P.BIDDING), **AGENCY),),
    A.OUTAGE_EXTENSION_PROPOSE: (_grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=_in(P.BIDDING)),),  # 10, 2
    A.OUTAGE_EXTENSION_RELEASE: (_grant(R.AGENCY_SUPERVISOR, phases=_in(P.BIDDING), **AGENCY),),
    A.PAUSE_PROPOSE: (_grant(R.REGULATOR, when=competent, phases=_in(P.BIDDING)),),  # 67, 2: also to resume
    A.PAUSE_ORDER: (_grant(R.REGULATOR, when=competent, phases=_in(P.BIDDING)),),
    A.BID_UPLOAD: (_grant(R.BIDDER),),  # 13: into one's own space; only the gate makes it a bid
    A.BID_SUBMIT: (_grant(R.BIDDER, phases=_in(P.BIDDING)),),  # 13
    A.BID_WITHDRAW: (_grant(R.BIDDER, when=has_bid, phases=_in(P.BIDDING)),),  # 13
    A.RECEIPT_READ: (_grant(R.BIDDER, phases=PUBLISHED),),  # 14: own only, by query
    A.SHARE_RELEASE: (_grant(R.TRUSTEE, when=sits_on_committee, phases=_in(P.SEALED, P.OPENING)),),  # 19
    # 20: while the fallback runs, by rule; to who comes a moment after its end the rule says so
    A.KEY_COMMIT: (_grant(R.BIDDER, when=has_bid, phases=_in(P.SEALED, P.OPENING, P.FAILED)),),
    A.KEY_REVEAL: (_grant(R.BIDDER, when=has_bid, phases=_in(P.SEALED, P.OPENING, P.FAILED)),),
    A.BID_RESTORE: (_grant(R.BIDDER, when=has_bid, phases=_in(P.OPENING, P.FAILED)),),  # only what was lost, by rule
    A.SIGNERS_READ: (  # 19: before a trustee signs, and before a bidder seals
        _grant(R.TRUSTEE, when=sits_on_committee, phases=PUBLISHED),
        _grant(R.BIDDER, phases=PUBLISHED),
        SIGNING,
    ),
    A.OPENING_WATCH: (_grant(*STAFF, R.BIDDER, R.PUBLIC, phases=PUBLISHED),),  # 21
    A.ROUND_CARRY: (_grant(*STAFF, R.BIDDER, R.PUBLIC, phases=_in(P.OPENING)),),  # 21: it proves itself
    A.OBJECTION_RAISE: (_grant(R.BIDDER, when=has_bid, phases=_in(P.OPENING)),),  # 22
    A.OBJECTION_ANSWER: (_grant(R.AGENCY_OFFICER, phases=_in(P.OPENING), **AGENCY),),  # 22
    A.FAULT_ATTRIBUTE: (_grant(R.AGENCY_OFFICER, phases=_in(P.OPENING, P.FAILED), **AGENCY),),  # 24: bonds depend on it
    A.FAULT_DISPUTE: (_grant(R.BIDDER, when=has_bid, phases=_in(P.OPENING, P.FAILED)),),
    A.OPENING_CONFIRM: (  # 23
        _grant(R.AGENCY_OFFICER, phases=_in(P.OPENING), **AGENCY),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=_in(P.OPENING)),
        _grant(R.BIDDER, when=has_bid, phases=_in(P.OPENING)),
    ),
    A.QUALIFICATION_CHECK: (_grant(R.AGENCY_OFFICER, phases=_in(P.OPENING, P.DRAW), **AGENCY),),  # 72
    # 25, 2: also for a successor, whose round nobody of the pool may be left for
    A.DRAW_CONDITIONS_PROPOSE: (_grant(R.AGENCY_OFFICER, phases=_in(P.OPENING, P.DRAW, P.SCORING), **AGENCY),),
    A.DRAW_CONDITIONS_APPROVE: (_grant(R.AGENCY_SUPERVISOR, phases=_in(P.OPENING, P.DRAW, P.SCORING), **AGENCY),),
    A.DRAW_COMMIT: DRAW_PARTIES,  # 26
    A.DRAW_STATE: (_grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=DRAWING), STATING),  # 27, 2: after all commit
    A.DRAW_SHARE: (_grant(R.TRUSTEE, when=sits_on_committee, phases=DRAWING), SIGNING),
    A.DRAW_REVEAL: DRAW_PARTIES,  # 26
    A.DRAW_WATCH: (
        _grant(*EVERY_ROLE, when=inspection_public, phases=_in(P.DRAFT)),  # 55: the transcript is public
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=OPENED, **AGENCY),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=OPENED),
        _grant(R.REGULATOR, when=competent, phases=OPENED),
        _grant(R.TRUSTEE, when=sits_on_committee, phases=OPENED),
        _grant(*STAFF, R.BIDDER, R.PUBLIC, phases=_in(P.RESULT)),  # numbers only, so that anybody can compute it again
    ),
    A.SEAT_CERTIFY: (  # 33: also at another booth, while the report is signed
        _grant(R.SITE_WITNESS, when=has_site, phases=_in(P.DRAW, P.SCORING, P.CONSENSUS)),
    ),
    A.PHOTO_READ: (_inspector(P.SCORING, P.CONSENSUS, P.RESULT, P.FAILED),),  # L: who sat down, by the photo
    A.SITE_CHANNEL: (  # 35
        _grant(R.SITE_WITNESS, when=has_site, phases=OPENED),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=OPENED),
    ),
    A.ROOM_JOIN: (  # 34
        _grant(R.EXPERT, when=seated, phases=_in(P.SCORING, P.CONSENSUS, P.RESULT, P.FAILED)),
        _inspector(P.SCORING, P.CONSENSUS, P.RESULT),  # L
    ),
    A.STANDSTILL_WATCH: (  # 35, 67, 70: that a sitting stands still and why
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=SITTING, **AGENCY),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=SITTING),
        _grant(R.SITE_WITNESS, when=has_site, phases=SITTING),
        _grant(R.REGULATOR, when=competent, phases=SITTING),
    ),
    A.SITTING_HALT: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # 69: the chair, by rule
    A.FAULT_REPORT: (  # 70
        _grant(R.SITE_WITNESS, when=has_site, phases=SITTING),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=SITTING),
    ),
    A.SITTING_WARN: (_grant(R.REGULATOR, when=competent, phases=SITTING),),  # 36: a recorded act of its own
    A.SITTING_ANNOUNCE: (  # 35, 36: what members have to know and no content; a witness to its own site, by rule
        _grant(R.SITE_WITNESS, when=has_site, phases=SITTING),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=SITTING),
        _grant(R.REGULATOR, when=competent, phases=SITTING),
    ),
    A.ANNOUNCEMENT_NOTE: (_grant(R.EXPERT, when=seated, phases=SITTING),),
    A.ROOM_SPEAK: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # 36: when, and who gives the floor, by rule
    A.PRESENCE_KEEP: (  # 34, 35: who has a place in the room; who listens for the authority has none
        _grant(R.EXPERT, when=seated, phases=SITTING),
        _grant(R.SITE_WITNESS, when=has_site, phases=SITTING),
    ),
    A.PRESENCE_READ: (  # matrix 1: how much of it, by query
        _grant(R.EXPERT, when=seated, phases=SITTING),
        _grant(R.SITE_WITNESS, when=has_site, phases=SITTING),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=SITTING),
        _inspector(P.SCORING, P.CONSENSUS),  # L
    ),
    A.PICTURE_SEND: (  # 49: of one's own site
        _grant(R.EXPERT, when=seated, phases=SITTING),
        _grant(R.SITE_WITNESS, when=has_site, phases=SITTING),
    ),
    A.PICTURE_WATCH: (  # 36, 49: of which sites, and with what sound, by query
        _grant(R.EXPERT, when=seated, phases=SITTING),
        _grant(R.SITE_WITNESS, when=has_site, phases=SITTING),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=SITTING),
        _inspector(P.SCORING, P.CONSENSUS),  # L
    ),
    A.PICTURE_END: (  # 36, 49: what one member sends to other sites; also to let it go on
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=SITTING),
        _grant(R.REGULATOR, when=competent, phases=SITTING),
    ),
    A.RECORDING_KEEP: (_grant(R.SITE_WITNESS, when=has_site, phases=SITTING | OVER),),  # of one's own site, by rule
    A.RECORDING_LIST: (  # what there is and what is missing, never the picture; a witness of its own site, by query
        _grant(R.SITE_WITNESS, when=has_site, phases=SITTING | OVER),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=SITTING | OVER),
        _grant(R.REGULATOR, when=competent, phases=SITTING | OVER),
    ),
    A.RECORDING_LOOK: (_grant(R.REGULATOR, when=competent, phases=OVER),),  # 50, 2: also to ask for it and to grant it
    A.SITTING_REPLAY: (  # 34, 35, 54: event by event, each of which `sight.py` gives or does not
        _grant(R.EXPERT, when=seated, phases=SITTING | OVER),
        _grant(R.SITE_WITNESS, when=knows_sitting, phases=SITTING | OVER),
        _grant(R.CENTRE_OPERATOR, when=of_the_centre, phases=SITTING | OVER),
        _inspector(P.SCORING, P.CONSENSUS),  # L
        _grant(R.REGULATOR, when=competent, phases=OVER),
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=_in(P.CONSENSUS, P.RESULT, P.FAILED), **AGENCY),
    ),
    A.SITTING_ORDER_PROPOSE: (_grant(R.REGULATOR, when=competent, phases=SITTING),),  # 67, 2
    A.SITTING_ORDER_GIVE: (_grant(R.REGULATOR, when=competent, phases=SITTING),),
    A.SITTING_DECISION_PROPOSE: (_grant(R.AGENCY_OFFICER, phases=SITTING, **AGENCY),),  # 70, 2
    A.SITTING_DECISION_RELEASE: (_grant(R.AGENCY_SUPERVISOR, phases=SITTING, **AGENCY),),
    A.RECHECK_PROPOSE: (_grant(R.AGENCY_OFFICER, phases=_in(P.RESULT), **AGENCY),),  # 54, 2: of a sealed report
    A.RECHECK_ORDER: (_grant(R.AGENCY_SUPERVISOR, phases=_in(P.RESULT), **AGENCY),),
    A.RECHECK_ANSWER: (_grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS)),),  # the chair, by rule
    A.NEW_COMMITTEE_PROPOSE: (_grant(R.AGENCY_OFFICER, phases=_in(P.FAILED), **AGENCY),),  # 70, 2: of what was given up
    A.NEW_COMMITTEE_ORDER: (_grant(R.AGENCY_SUPERVISOR, phases=_in(P.FAILED), **AGENCY),),
    A.REPLACEMENT_PROPOSE: (_grant(R.AGENCY_OFFICER, phases=SITTING, **AGENCY),),  # 32, 2
    A.REPLACEMENT_ORDER: (_grant(R.AGENCY_SUPERVISOR, phases=SITTING, **AGENCY),),
    A.BRIEFING_GIVE: (_grant(R.AGENCY_OFFICER, phases=_in(P.SCORING), **AGENCY),),  # 68
    A.CHAIR_NAME: (_grant(R.AGENCY_OFFICER, phases=_in(P.SCORING), **AGENCY),),  # 68: for the tenderer (O12 art. 9)
    A.MORE_TIME_ASK: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # 69
    A.MORE_TIME_GIVE: (_grant(R.AGENCY_OFFICER, phases=SITTING, **AGENCY),),  # 69: a duty of the tenderer (Reg 48)
    A.ROLLBACK_PROPOSE: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # 40, 69, 2: to hold a stage again
    A.ROLLBACK_RELEASE: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # another member; one is the chair, by rule
    A.STATEMENT_MAKE: (_grant(R.EXPERT, when=seated, phases=_in(P.SCORING)),),  # 31
    A.CONFLICT_DECLARE: (_grant(R.EXPERT, when=seated, phases=_in(P.SCORING, P.CONSENSUS)),),  # 31
    A.CHAIR_VOTE: (_grant(R.EXPERT, when=seated, phases=_in(P.SCORING)),),  # 69
    A.BIDS_READ: (  # 37
        _grant(R.EXPERT, when=seated, phases=_in(P.SCORING, P.CONSENSUS)),
        _inspector(P.SCORING, P.CONSENSUS, P.RESULT),  # L
    ),
    A.QUALIFICATION_READ: (  # 37, 72: the files that are marked as qualification, and no others
        _grant(R.EXPERT, when=seated, phases=_in(P.SCORING, P.CONSENSUS)),
        _inspector(P.SCORING, P.CONSENSUS, P.RESULT),  # L
        _grant(R.AGENCY_OFFICER, phases=_in(P.OPENING, P.DRAW), **AGENCY),
    ),
    A.BIDS_REVIEW: (_grant(R.EXPERT, when=seated, phases=_in(P.SCORING)),),  # 45
    A.COMPETITION_VOTE: (_grant(R.EXPERT, when=seated, phases=_in(P.SCORING)),),  # 45: too few bids passed the review
    A.CLARIFICATION_PROPOSE: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # 43: also to take it back
    A.CLARIFICATION_VOTE: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # 45: also on what explains a price
    A.CLARIFICATION_SEND: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # 43, 2: the chair, by rule
    A.CLARIFICATION_ANSWER: (_grant(R.BIDDER, when=has_bid, phases=SITTING),),  # 44: only if asked, by rule
    A.CLARIFICATION_READ: (  # the files of an answer: as the bid, and for the agency as the report
        _grant(R.EXPERT, when=seated, phases=_in(P.SCORING, P.CONSENSUS)),
        _inspector(P.SCORING, P.CONSENSUS, P.RESULT),  # L
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=_in(P.CONSENSUS, P.RESULT), **AGENCY),
    ),
    A.FINDINGS_READ: (  # collusion facts: which ones of them a seat may know, the stage says
        _grant(R.EXPERT, when=seated, phases=_in(P.SCORING, P.CONSENSUS)),
        _inspector(P.OPENING, P.DRAW, P.SCORING, P.CONSENSUS),  # L
        _grant(R.REGULATOR, when=competent, phases=OVER),
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=_in(P.RESULT), **AGENCY),
    ),
    A.CONTRACT_POINTS_STATE: (_grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS)),),  # the chair, by rule
    A.FINDING_PUT: (_grant(R.EXPERT, when=seated, phases=SITTING),),  # 45, 69: the chair, by rule
    A.FINDING_VOTE: (_grant(R.EXPERT, when=seated, phases=SITTING),),
    A.SCORE_SAVE: (_grant(R.EXPERT, when=seated, phases=_in(P.SCORING)),),  # 39
    A.SCORES_LOCK: (_grant(R.EXPERT, when=seated, phases=_in(P.SCORING)),),  # 39
    A.SHEET_HAND_IN: (_grant(R.SITE_WITNESS, when=has_site, phases=_in(P.SCORING)),),  # 39: sealed, signed by the seat
    A.CORRECTION_REQUEST: (_grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS)),),  # 40: ask, or take it back
    A.SHEET_REOPEN: (_grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS)),),  # 40, 2: or refuse; the chair, by rule
    A.REPORT_SIGN: (_grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS)),),  # 47
    A.DISSENT_RECORD: (_grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS)),),  # 46
    A.REFUSAL_RECORD: (_grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS)),),  # 48: the chair, by rule
    A.REPORT_READ: (  # 54, 71
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=_in(P.CONSENSUS, P.RESULT), **AGENCY),
        _inspector(P.CONSENSUS),  # L until it is sealed
        _grant(R.REGULATOR, when=competent, phases=_in(P.RESULT)),
        _grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS, P.RESULT)),
    ),
    A.VERSION_READ: (  # 54: what was sealed before a recheck, whatever came of that; of one's own committee, by rule
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=OPENED | {P.FAILED}, **AGENCY),
        _grant(R.REGULATOR, when=competent, phases=OPENED | {P.FAILED}),
        _grant(R.EXPERT, when=seated, phases=_in(P.CONSENSUS, P.RESULT)),
    ),
    A.FAILURE_READ: (  # 54: the record of an evaluation that failed or was given up, where the report would stand
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=_in(P.FAILED), **AGENCY),
        _grant(R.REGULATOR, when=competent, phases=_in(P.FAILED)),
        _grant(R.EXPERT, when=seated, phases=_in(P.FAILED)),
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, R.REGULATOR, when=given_up_before, phases=OPENED),
    ),
    A.REASON_STATE: (_grant(R.REGULATOR, when=competent, phases=PUBLISHED),),  # L
    A.EVENTS_READ: (_grant(*EVERY_ROLE, phases=ANY_PHASE),),  # each entry is filtered by app/casefile/sight.py
    A.EVIDENCE_REQUEST: (_grant(R.AGENCY_OFFICER, phases=OVER, **AGENCY),),  # 56, 2
    A.EVIDENCE_RELEASE: (_grant(R.AGENCY_SUPERVISOR, phases=OVER, **AGENCY),),
    A.EVIDENCE_EXPORT: (  # 56
        _grant(R.REGULATOR, when=competent, phases=OVER),
        _grant(R.AGENCY_OFFICER, R.AGENCY_SUPERVISOR, phases=OVER, **AGENCY),  # 2: what was released, by rule
        INSPECTING,  # 55: of its own year, unless a draw is under way
    ),
}


def allowed(actor: Actor, action: A, case: Case | None = None, lot: str = "") -> bool:
    """Whether the policy grants `action`; the phase is the lot's, or the case's where no lot is named."""
    stated = case is not None and case.id in actor.reasons
    return any(stated or not grant.reason for grant in _grants(actor, action, case, lot))


def asks_reason(actor: Actor, action: A, case: Case | None = None, lot: str = "") -> bool:
    """Whether `action` is the actor's for a stated reason only, be it stated already or not."""
    found = _grants(actor, action, case, lot)
    return bool(found) and all(grant.reason for grant in found)


def _grants(actor: Actor, action: A, case: Case | None, lot: str) -> list[Grant]:
    """The cell blocks of the matrix in which the actor stands."""
    phase = case.phase(lot) if case else None
    return [
        grant
        for grant in POLICY[action]
        if not actor.roles.isdisjoint(grant.roles)
        and (grant.phases is None or phase in grant.phases)
        and grant.when(actor, case, lot)
    ]


def authorize(actor: Actor, action: A, case: Case | None = None, lot: str = "") -> None:
    """Raises NotAllowed unless the policy grants it; RuleViolation `reason_needed` where only the reason is missing.

    Services call it inside the transaction, with a fresh actor.
    """
    if allowed(actor, action, case, lot):
        return
    if case is not None and asks_reason(actor, action, case, lot):
        raise RuleViolation("reason_needed", case=case.id)
    raise NotAllowed(action)
