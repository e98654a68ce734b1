"""Everything that can be asked for. A route, socket event or fact without an action here does not start up."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    # anybody
    SITE_READ = "site:read"
    RECORD_VERIFY = "record:verify"
    ACCOUNT_REGISTER = "account:register"
    WEB_SESSION_BEGIN = "web_session:begin"
    INVITATION_ACCEPT = "invitation:accept"
    CALL_UP_ANSWER = "call_up:answer"
    SEAT_REQUEST = "seat:request"
    # one's own account
    OWN_ACCOUNT = "account:own"
    CERTIFICATE_REQUEST = "certificate:request"
    CERTIFICATE_REVOKE = "certificate:revoke"
    # people
    ACCOUNT_PREPARE = "account:prepare"
    ACCOUNT_APPROVE = "account:approve"
    EXPERT_MANAGE = "expert:manage"
    SITE_MANAGE = "site:manage"
    SITE_LIST = "site:list"
    COMMITTEE_REGISTER = "committee:register"
    CEREMONY_OPEN = "ceremony:open"
    CEREMONY_TAKE_PART = "ceremony:take_part"
    CEREMONY_READ = "ceremony:read"
    # tender
    CASE_OPEN = "case:open"
    DRAFT_EDIT = "draft:edit"
    DRAFT_READ = "draft:read"
    TENDER_SUBMIT = "tender:submit"
    TENDER_RELEASE = "tender:release"
    NOTICE_READ = "notice:read"
    DOCUMENTS_DOWNLOAD = "documents:download"
    DOWNLOADS_LIST = "downloads:list"
    QUESTION_ASK = "question:ask"
    ANSWER_PROPOSE = "answer:propose"
    ANSWER_RELEASE = "answer:release"
    AMENDMENT_PROPOSE = "amendment:propose"
    AMENDMENT_RELEASE = "amendment:release"
    # bid
    BID_UPLOAD = "bid:upload"
    BID_SUBMIT = "bid:submit"
    BID_WITHDRAW = "bid:withdraw"
    RECEIPT_READ = "receipt:read"
    # opening
    SHARE_RELEASE = "share:release"
    OPENING_WATCH = "opening:watch"
    OBJECTION_RAISE = "objection:raise"
    OBJECTION_ANSWER = "objection:answer"
    OPENING_CONFIRM = "opening:confirm"
    QUALIFICATION_CHECK = "qualification:check"
    # draw
    DRAW_CONDITIONS_PROPOSE = "draw_conditions:propose"
    DRAW_CONDITIONS_APPROVE = "draw_conditions:approve"
    DRAW_COMMIT = "draw:commit"
    DRAW_STATE = "draw:state"
    DRAW_SHARE = "draw:share"
    DRAW_REVEAL = "draw:reveal"
    DRAW_WATCH = "draw:watch"
    # sitting
    SEAT_CERTIFY = "seat:certify"
    SITE_CHANNEL = "site_channel:join"
    ROOM_JOIN = "room:join"
    STATEMENT_MAKE = "statement:make"
    CONFLICT_DECLARE = "conflict:declare"
    CHAIR_VOTE = "chair:vote"
    BIDS_READ = "bids:read"
    BIDS_REVIEW = "bids:review"
    SCORE_SAVE = "score:save"
    SCORES_LOCK = "scores:lock"
    CORRECTION_REQUEST = "correction:request"
    SHEET_REOPEN = "sheet:reopen"
    REPORT_SIGN = "report:sign"
    DISSENT_RECORD = "dissent:record"
    REFUSAL_RECORD = "refusal:record"
    REPORT_READ = "report:read"
    # case file
    EVENTS_READ = "events:read"
    EVIDENCE_EXPORT = "evidence:export"
