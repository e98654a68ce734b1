"""The register's tick: once a minute, and at once at the turns of a case, the heads of all case files under one root.

A tick holds every case file, changed or not, each under a salt of its own: no number, length or moment of bids shows in
what is published. Nothing waits for a tick, and a tick locks no case.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as DbSession

from app.casefile.act_list import list_key
from app.casefile.case import Case
from app.casefile.record import case_reference
from app.casefile.ticks import WORDS, case_key, case_salt, case_value, tick_leaf, tick_secret, word_leaf
from app.models import CaseFile, Cosignature, Job, ListCosignature, RegisterTick, TickChange, WitnessWord
from app.procedure.errors import RuleViolation
from app.queries.act_list import listed
from app.queries.clocks import read_clocks
from app.queries.ticks import (
    Heads,
    heads_at,
    last_word,
    latest_tick,
    register_size,
    tick,
    tick_of_turn,
    turn_heads,
    turns_of,
    witnesses_since,
)
from app.services.act_list import list_acts
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, schedule_job, take_turns
from crypto.merkle import Frontier
from crypto.notes import COSIGNATURE, Checkpoint, Note, NoteSignature, VerifierKey, check_cosignature, sign_note
from crypto.sparse import SparseMap

log = logging.getLogger("tenderhall.ticks")
ONE_AT_A_TIME = "register tick"
SILENT_AFTER = 2  # periods without a tick: from there on a gap is looked at as an outage
AT_ONCE = 500  # cases of which one statement reads the turns
NOT_VOUCHED = "turn_not_vouched"
CLOCKS_APART = timedelta(minutes=5)  # how far a witness's clock may be ahead of ours


def tick_map(platform: Platform, index: int, heads: Heads) -> SparseMap:
    """The map of a tick: every case's salted head by the hash of its id."""
    secret = tick_secret(platform.keys.secret, index)
    return SparseMap(
        {
            case_key(case_id): case_value(case_salt(secret, case_id), platform.origin, case_id, size, root)
            for case_id, (size, root) in heads.items()
        }
    )


def run_tick(platform: Platform, *, regular: bool) -> None:
    """The job: a tick, and after a regular one the next."""
    make_tick(platform, goes_on=regular)
    with platform.database.reading() as db_session:
        clocks = read_clocks(platform.database, db_session)
    if clocks.wrong:
        log.error("the clock is wrong: %(apart)s s apart from the database's, %(behind)s s behind", clocks.figures)


def make_tick(platform: Platform, *, goes_on: bool = False) -> int:
    """Append one tick and sign the new checkpoint; the tick's index. With `goes_on` the next one is scheduled.

    1 the heads of all case files, in one look; 2 the map and its root, while nobody waits; 3 one tick after the other:
    where another came in between, begin again, so that no tick is older than the one before; 4 the leaf, the tree's
    edge and the signed checkpoint; 5 the heads that changed, so that the map can be made again for a proof, and the
    acts that are to be listed.
    """
    while True:
        with platform.database.reading() as db_session:
            last = latest_tick(db_session)
            index = last.index + 1 if last else 0
            before = heads_at(db_session, index)
            heads = _heads(db_session, before, platform.origin)
        root = tick_map(platform, index, heads).root
        changed = {case_id: head for case_id, head in heads.items() if head != before.get(case_id)}
        with plain_transaction(platform.database) as (db_session, now):
            take_turns(db_session, ONE_AT_A_TIME)
            if register_size(db_session) == index:
                at = max(now, last.at) if last else now
                _append(platform, db_session, last, at, root)
                for case_id, (size, head) in sorted(changed.items()):
                    db_session.add(TickChange(case_id=case_id, tick=index, size=size, root=head))
                list_acts(platform, db_session, at, sorted(reference for reference in changed if "/" not in reference))
                if goes_on:
                    _schedule_next(platform, db_session, now)
                return index


def _append(platform: Platform, db_session: DbSession, last: RegisterTick | None, at: datetime, root: bytes) -> None:
    index, frontier = (last.index + 1, last.frontier) if last else (0, "")
    edge, key = Frontier.from_hex(index, frontier).push(tick_leaf(at, root)), platform.log_key
    note = sign_note(key, str(Checkpoint(key.name, edge.size, edge.root())))
    if last is not None and at - last.at > SILENT_AFTER * timedelta(seconds=platform.settings.tick_seconds):
        schedule_job(db_session, "propose_extensions", at, detail=str(index))
    db_session.add(RegisterTick(index=index, at=at, map_root=root, frontier=edge.to_hex(), note=str(note)))


def _heads(db_session: DbSession, before: Heads, origin: str) -> Heads:
    """Size and root of every case file there is, of the turns of every lot, and of what witnesses have said.

    One statement sees one state of the files on both databases. The turns are read again where the file has changed.
    """
    rows = db_session.execute(select(CaseFile.id, CaseFile.size, CaseFile.frontier))
    files = {case_id: (size, Frontier.from_hex(size, frontier).root()) for case_id, size, frontier in rows}
    turns = {reference: head for reference, head in before.items() if "/" in reference}
    changed = sorted(case_id for case_id, head in files.items() if head != before.get(case_id))
    for start in range(0, len(changed), AT_ONCE):
        turns |= turn_heads(db_session, changed[start : start + AT_ONCE], origin)
    return files | turns | _words(db_session)


def _words(db_session: DbSession) -> Heads:
    """So a line of a witness that is deleted once a later tick stands is missed."""
    last = last_word(db_session)
    if last is None:
        return {}
    size = last.number + 1
    return {WORDS: (size, Frontier.from_hex(size, last.frontier).root())}


def _schedule_next(platform: Platform, db_session: DbSession, now: datetime) -> None:
    """The next regular tick, at the next whole multiple of the period; what is done with is cleared away."""
    db_session.execute(delete(Job).where(Job.task == "make_tick", Job.done_at.is_not(None), Job.case_id == ""))
    period = platform.settings.tick_seconds
    slot = int(now.timestamp()) // period + 1
    schedule_job(db_session, "make_tick", datetime.fromtimestamp(slot * period, UTC), detail=str(slot))


def begin_ticking(platform: Platform) -> None:
    """Have the register tick from now on; nothing happens where it does already."""
    waits = select(Job.id).where(Job.task == "make_tick", Job.case_id == "", Job.done_at.is_(None)).limit(1)
    with platform.database.reading() as db_session:
        if db_session.scalar(waits) is not None:
            return
    with plain_transaction(platform.database) as (db_session, now):
        _schedule_next(platform, db_session, now)


def witness_keys(platform: Platform) -> dict[str, VerifierKey]:
    """The witnesses of this installation by their vkeys."""
    return {text: VerifierKey.parse(text, COSIGNATURE) for text in platform.settings.witnesses}


def check_vouched(db_session: DbSession, case: Case, lot: str, turn: str) -> None:
    """What builds on a turn of a lot waits until a quorum of the witnesses named in the terms vouches for it.

    Nothing is asked where the terms name none. Raises RuleViolation `turn_not_vouched` (found, quorum).
    """
    register = case.register_terms
    if not register.witnesses:
        return
    turns = turns_of(db_session, case.id, lot)
    needed = max((at for at, type_ in enumerate(turns, 1) if type_ == turn), default=0)
    index = tick_of_turn(db_session, case_reference(case.id, lot), needed) if needed else None
    found = set() if index is None else witnesses_since(db_session, index) & set(register.witnesses)
    if len(found) < register.quorum:
        raise RuleViolation(NOT_VOUCHED, found=len(found), quorum=register.quorum)


def take_cosignature(platform: Platform, size: int, text: str) -> None:
    """Keep the line of a configured witness under the checkpoint of `size` ticks; the first one stands.

    The signature is all that is asked for. Raises RuleViolation `tick_unknown`, `witness_unlisted`,
    `cosignature_ahead`, CryptoError `note_malformed`, `note_signature_wrong`.
    """
    vkey, key, line = _line_of_witness(platform, text)
    with plain_transaction(platform.database) as (db_session, now):
        row = tick(db_session, size - 1)
        at = _cosigned_at(line, key, row.note, now)
        take_turns(db_session, f"cosignature {vkey}")
        if db_session.get(Cosignature, (row.index, vkey)) is None:
            db_session.add(Cosignature(tick=row.index, witness=vkey, at=at, line=str(line)))
            _keep_word(db_session, word_leaf("tick", row.index, vkey, str(line)))
        # what had to wait for somebody to vouch is tried again at once
        waiting = update(Job).where(Job.done_at.is_(None), Job.last_error == NOT_VOUCHED)
        db_session.execute(waiting.values(lease_until=None))


def take_list_cosignature(platform: Platform, size: int, text: str) -> None:
    """Keep the line of a configured witness under the list's checkpoint of `size` entries; the first one stands.

    Raises as `take_cosignature` does, with RuleViolation `listed_act_unknown` for a size that the list has not.
    """
    vkey, key, line = _line_of_witness(platform, text)
    with plain_transaction(platform.database) as (db_session, now):
        row = listed(db_session, size - 1)
        at = _cosigned_at(line, key, row.note, now)
        take_turns(db_session, f"cosignature {vkey}")
        if db_session.get(ListCosignature, (row.index, vkey)) is None:
            db_session.add(ListCosignature(listed=row.index, witness=vkey, at=at, line=str(line)))
            _keep_word(db_session, word_leaf("act", row.index, vkey, str(line)))


def _keep_word(db_session: DbSession, leaf: bytes) -> None:
    take_turns(db_session, WORDS)
    last = last_word(db_session)
    number, frontier = (last.number + 1, last.frontier) if last else (0, "")
    edge = Frontier.from_hex(number, frontier).push(leaf)
    db_session.add(WitnessWord(number=number, leaf=leaf, frontier=edge.to_hex()))


def _line_of_witness(platform: Platform, text: str) -> tuple[str, VerifierKey, NoteSignature]:
    line = NoteSignature.parse(text)
    for vkey, key in witness_keys(platform).items():
        if line.is_by(key):
            return vkey, key, line
    raise RuleViolation("witness_unlisted", name=line.name[:120])


def _cosigned_at(line: NoteSignature, key: VerifierKey, note: str, now: datetime) -> datetime:
    at = check_cosignature(line, key, Note.parse(note).text)
    if at > (now + CLOCKS_APART).timestamp():
        raise RuleViolation("cosignature_ahead", name=line.name)
    return datetime.fromtimestamp(at, UTC)


def take_cosigned_note(platform: Platform, note: Note) -> int:
    """Keep every line of a listed witness under a note that was brought by hand; how many ticks (or acts) it covers.

    Raises as `take_cosignature` does, RuleViolation `witness_unlisted` when no line is a witness's.
    """
    head = Checkpoint.parse(note.text)
    of_list = head.origin == list_key(platform.log_key.verifier).name
    take, size = (take_list_cosignature if of_list else take_cosignature), head.size
    keys = witness_keys(platform).values()
    lines = [line for line in note.signatures if any(line.is_by(key) for key in keys)]
    if not lines:
        raise RuleViolation("witness_unlisted", name=note.signatures[-1].name[:120])
    for line in lines:
        take(platform, size, str(line))
    return size
