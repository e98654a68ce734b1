"""What each table is to the case files: the events themselves, what can be made again from them, or neither.

`tenderhall doctor --database` reads the first two against the log. A table or column that is not declared fails a test.
"""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    EVENT = "event"  # hashed into a case file's tree, or into the register's
    PROJECTION = "projection"  # says again what the events say
    OUTSIDE = "outside"  # decides nothing that the fold does not say; the log does not lead to it


STANDING = {
    "case_file": (Standing.EVENT, "the head of each log"),
    "case_event": (Standing.EVENT, "the log"),
    "case_private": (Standing.EVENT, "the salted halves that entries name by hash"),
    "register_tick": (Standing.EVENT, "the register's tree"),
    "tick_change": (Standing.EVENT, "the heads that the ticks took"),
    "cosignature": (Standing.EVENT, "the witnesses' word"),
    "listed_act": (Standing.EVENT, "the list of acts"),
    "list_cosignature": (Standing.EVENT, "the witnesses' word on the list"),
    "witness_word": (Standing.EVENT, "the witnesses' lines in the order in which they came"),
    "tender": (Standing.PROJECTION, "the published terms"),
    "lot": (Standing.PROJECTION, "the published terms, the deadline as it stands, the close"),
    "stored_file": (Standing.PROJECTION, "the files that entries name by hash"),
    "certificate": (Standing.PROJECTION, "the register's certificates and revocations"),
    "act_head": (Standing.PROJECTION, "the last signed act of each person in a case"),
    "command": (Standing.PROJECTION, "the signed acts and what they were answered"),
    "pseudonym": (Standing.PROJECTION, "the pool that a draw stated"),
    "recording_piece": (Standing.PROJECTION, "the pieces of recordings that entries name"),
    "call_up": (Standing.PROJECTION, "the call-ups and their answers"),
    "access_log": (Standing.OUTSIDE, "who looked at what; append-only, in no tree"),
    "denied_attempt": (Standing.OUTSIDE, "what was refused; append-only, in no tree"),
    "account": (Standing.OUTSIDE, "people; what they sign is bound by their certificates"),
    "account_role": (Standing.OUTSIDE, "roles now; each act notes the role of its time"),
    "organisation": (Standing.OUTSIDE, "names now; the terms and certificates hold those of their time"),
    "expert": (Standing.OUTSIDE, "the library now; a draw states the pool of its time"),
    "expert_speciality": (Standing.OUTSIDE, "the library now"),
    "expert_contact": (Standing.OUTSIDE, "sealed addresses"),
    "contact_change": (Standing.OUTSIDE, "sealed addresses that are not in use yet"),
    "expert_correction": (Standing.OUTSIDE, "changes of the library that wait for a second person, or were decided"),
    "expert_event": (Standing.OUTSIDE, "the library's history; append-only, in no tree"),
    "contact_look_up": (Standing.OUTSIDE, "who opened an address; append-only, in no tree"),
    "expert_import": (Standing.OUTSIDE, "files of experts on their way"),
    "expert_import_finding": (Standing.OUTSIDE, "files of experts on their way"),
    "expert_import_part": (Standing.OUTSIDE, "files of experts on their way"),
    "speciality_list": (Standing.OUTSIDE, "the classification in force; append-only, in no tree"),
    "inspection_entry": (Standing.OUTSIDE, "registers now; a plan and a campaign hold copies. Append-only, in no tree"),
    "expert_fee": (Standing.OUTSIDE, "what two persons decided to pay; what it is computed from is in the log"),
    "fee_supplement": (Standing.OUTSIDE, "what two persons added to a fee afterwards"),
    "expert_absence": (Standing.OUTSIDE, "days off; a draw states the pool of its time"),
    "expert_training": (Standing.OUTSIDE, "courses; a draw states the pool of its time. Append-only, in no tree"),
    "expert_request": (Standing.OUTSIDE, "what experts ask the centre"),
    "expert_appraisal": (Standing.OUTSIDE, "how members were appraised; what counts is in the library's history"),
    "registration_check": (Standing.OUTSIDE, "papers of bidders, sealed; what two persons found is in the register"),
    "expert_application": (Standing.OUTSIDE, "who applied to the library, sealed"),
    "application_file": (Standing.OUTSIDE, "documents of applications, sealed"),
    "name_request": (Standing.OUTSIDE, "names asked for before an end; each step is in the access log as well"),
    "site": (Standing.OUTSIDE, "places; a sitting states its own"),
    "room": (Standing.OUTSIDE, "places; identities state the booth of their time"),
    "booth": (Standing.OUTSIDE, "places; identities state the booth of their time"),
    "room_closure": (Standing.OUTSIDE, "when rooms are not let"),
    "booking": (Standing.OUTSIDE, "which booths an evaluation has"),
    "booking_part": (Standing.OUTSIDE, "which booths an evaluation has"),
    "booking_event": (Standing.OUTSIDE, "the history of bookings; append-only, in no tree"),
    "seat_booth": (Standing.OUTSIDE, "where a seat is to sit; the witness's act states where it sat down"),
    "invitation": (Standing.OUTSIDE, "one-time codes"),
    "web_session": (Standing.OUTSIDE, "log-ins"),
    "trustee_agent": (Standing.OUTSIDE, "when agents were last in contact"),
    "log_in_failure": (Standing.OUTSIDE, "counts of failed log-ins"),
    "tender_draft": (Standing.OUTSIDE, "a form, until it is signed"),
    "download": (Standing.OUTSIDE, "whom to tell of changes"),
    "upload": (Standing.OUTSIDE, "bytes on their way, until an act names them"),
    "seat_request": (Standing.OUTSIDE, "a key in the queue, until a witness certifies it"),
    "identity_photo": (Standing.OUTSIDE, "sealed photos; the witness's act names the hash"),
    "score_draft": (Standing.OUTSIDE, "scores, until their sheet is locked and signed"),
    "desk_hold": (Standing.OUTSIDE, "which window of a seat has the scoring desk"),
    "presence": (Standing.OUTSIDE, "who is connected to a room; nobody's evidence, gone after a day"),
    "pending_signature": (Standing.OUTSIDE, "a signature under way"),
    "bid_reading": (Standing.OUTSIDE, "files on their way to be checked; the entry names what counts by hash"),
    "job": (Standing.OUTSIDE, "due times; a job asks the fold what is due"),
    "notice": (Standing.OUTSIDE, "messages to people"),
}

# Columns of events and projections of which nothing says what they must hold, and why that decides nothing.
UNBOUND = {
    "recording_piece.blob": "where the sealed film lies until it is deleted; who plays it compares it with its hash",
    "recording_piece.state": "whether an entry names it yet, and whether its film is deleted",
    "recording_piece.repeats": "how often the same came again",
    "recording_piece.contradicted_at": "when another was refused in its place",
    "pseudonym.proposed": "strata under wider conditions until they are approved, which names the pool by its hash",
    "command.id": "a running number that nothing refers to",
    "stored_file.id": "a random handle, but for the documents, whose id the terms name",
}
