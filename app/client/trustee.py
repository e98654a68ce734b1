"""A trustee's own tool: it holds one share of a committee's secret and decides by itself what it signs.

It believes signatures only: terms, deadlines and pauses count when the agency's, or the authority's, people signed them
under an authority that was pinned at the first meeting, and all that together with the close record when it is what the
list of acts has of the case, which the witnesses cosigned: those whom the terms name, those who were pinned at the
first meeting too, and those whom this trustee has chosen itself. So terms that nobody else was shown open nothing.
It signs an opening only when (1) its own clock agrees with the platform's, (2) the latest deadline that it has ever
seen has passed by its own clock and no order lets the lot stand still, (3) the lot is closed with enough bids, (4) the
witnesses have cosigned terms, orders and close record as shown, (5) it has seen no other history of the same.
It signs a draw only when the statement is the one that the record leads to, cosigned, and one for each round. What a
party of it does not show it helps to open once the statement is signed and some minutes have passed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.casefile.codec import decode
from app.client.agreed_draw import AGREED, departures
from app.client.connection import Refused, refuse
from app.client.holding import holdings, missing_share, stamp
from app.client.keyfile import Profile, read_json, write_json, write_private
from app.client.passphrase import seal_under
from app.client.verified_case import NO_VOUCHERS, Event, Source, VerifiedCase, Vouchers, verified_case
from app.procedure.inspections.pools import purpose_of
from app.procedure.inspections.state import part_of
from app.procedure.trustees import CLOCK_TOLERANCE, REVEAL_PATIENCE, TrusteesChanged
from app.procedure.witnesses import RegisterTerms
from crypto.canonical import Json, canonical, digest
from crypto.committee import Committee, Member, identity, run_ceremony, sign_share
from crypto.instants import format_instant, parse_instant
from crypto.notes import COSIGNATURE, VerifierKey
from evaluation.draw import Candidate, candidates_sha256, draw_id, reveal_statement

PURPOSE = "evaluation-committee"
ENVELOPE, EPOCH = "1", 0
MEMORY = "memory.json"
M0_NOTICE = """\
M0：本委员会的全部密钥份额在同一台机器上生成，仅供演示。
M0: all shares of this committee were made on one machine. For demonstrations only.
"""


@dataclass(frozen=True)
class Share:
    """A share to be handed in on a lot: the type of act, its payload, what it is about, the witnesses behind it."""

    lot: str
    type: str
    payload: dict[str, Json]
    about: str
    vouched_by: tuple[str, ...] = ()


class Memory:
    """What a trustee has seen and signed, on its own disk: pinned deadlines, and one history for each thing signed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, dict[str, Any]] = read_json(path, {"deadlines": {}, "signed": {}})

    def pin(self, lot: str, deadline_at: datetime) -> datetime:
        """The latest deadline ever seen for a lot: an earlier one is never believed."""
        pinned = self._kept["deadlines"].get(lot)
        latest = max(deadline_at, parse_instant(pinned)) if pinned else deadline_at
        if format_instant(latest) != pinned:
            self._kept["deadlines"][lot] = format_instant(latest)
            write_json(self._path, self._kept)
        return latest

    @property
    def signed(self) -> list[tuple[str, str, str]]:
        """Everything that was signed: when, what, and the hash of what it was signed on; in that order of time."""
        kept = self._kept["signed"].items()
        return sorted((str(entry["at"]), slot, str(entry["sha256"])) for slot, entry in kept)

    def sign_once(self, slot: str, history: Json) -> None:
        """Note that `slot` is signed on `history`, before the signature leaves.

        Raises Refused `trustee_two_histories` when another history was signed before.
        """
        found, stated = self._kept["signed"].get(slot, {}).get("sha256"), digest(history)
        if found not in (None, stated):
            raise refuse(
                "trustee_two_histories",
                "“{slot}”已按另一份记录签署过（{found}），现在出示的是 {stated}。拒绝签署；请立即联系监督部门。",
                "“{slot}” was signed on another record ({found}); this one is {stated}. Refused; call the regulator.",
                slot=slot,
                found=found,
                stated=stated,
            )
        if found is None:
            at = format_instant(datetime.now(UTC))
            self._kept["signed"][slot] = {"sha256": stated, "history": history, "at": at}
            write_json(self._path, self._kept)


@dataclass(frozen=True)
class Trustee:
    """One trustee: its committee, the index of its share, the share's 32 secret bytes, its memory.

    `roots` are the pinned authorities (PEM), `vouchers` those whom it asks for beside the witnesses of the terms.
    """

    committee: Committee
    index: int
    secret: bytes
    memory: Memory
    roots: tuple[str, ...] = ()
    vouchers: Vouchers = NO_VOUCHERS

    @classmethod
    def read(cls, profile: Profile, passphrase: str) -> Trustee:
        """The trustee of a folder, by the share that counts. Raises as `read_all` does."""
        return cls.read_all(profile, passphrase)[0]

    @classmethod
    def read_all(cls, profile: Profile, passphrase: str) -> tuple[Trustee, ...]:
        """The trustee of a folder, once for each share in it, the one that counts first; one memory for all.

        Raises Refused `trustee_without_share`, CryptoError `envelope_no_identity`, `vkey_malformed`.
        """
        memory, found = Memory(profile.folder / MEMORY), holdings(profile)
        if not found:
            raise missing_share(profile)
        facts = profile.facts
        roots = tuple(facts.get("roots", ()))
        witnesses = tuple(VerifierKey.parse(text, COSIGNATURE) for text in facts.get("witnesses", ()))
        pinned = (memory, roots, Vouchers(decode(RegisterTerms, facts.get("register", {})), witnesses))
        return tuple(cls(held.committee, held.index, held.secret(passphrase), *pinned) for held in found)

    @classmethod
    def follow(cls, profile: Profile, passphrase: str) -> Callable[[], tuple[Trustee, ...]]:
        """What `read_all` gives, read again whenever a ceremony has changed the folder's shares meanwhile."""
        known: dict[Any, tuple[Trustee, ...]] = {}

        def current() -> tuple[Trustee, ...]:
            now = stamp(profile)
            if now not in known:
                known.clear()
                known[now] = cls.read_all(profile, passphrase)
            return known[now]

        return current

    def shares_due(
        self,
        source: Source,
        origin: str,
        case: str,
        events: Sequence[Event],
        *,
        now: datetime,
        clock_offset: timedelta,
        refuse: Callable[[Refused], None] = lambda refusal: None,
    ) -> list[Share]:
        """Everything in a case that waits for this trustee and that it is willing to sign.

        `events` are all that it may see of the case, in order, and `source` proves them. What it is unwilling to sign
        goes to `refuse`.
        """
        lots, found = self._lots(events), list[Share]()
        try:
            verified = verified_case(origin, case, events, self.roots, source, self.vouchers) if lots else None
        except Refused as refusal:
            refuse(refusal)
            return []
        for wanted in (_Opening(origin, case, lot, verified) for lot in lots if verified):
            for release in (self._open_share, self._draw_share, self._capsule_share):
                try:
                    check_clock(clock_offset)
                    if share := release(wanted, events, now):
                        found.append(share)
                except Refused as refusal:
                    refuse(refusal)
        return found

    def _lots(self, events: Sequence[Event]) -> list[str]:
        """The lots of a published case (draws of a year of inspections) in which shares of this committee count now."""
        if committee_shown(events) != self.committee.describe():
            return []
        terms = _last(events, "TenderSubmitted")
        if terms is None:  # a year of inspections: its draws come with its campaigns
            return list(dict.fromkeys(e["lot"] for e in _all(events, "DrawStated")))
        return [lot["number"] for lot in terms["payload"]["terms"]["lots"]]

    def _open_share(self, opening: _Opening, events: Sequence[Event], now: datetime) -> Share | None:
        signed = opening.verified.signed
        if opening.lot not in signed.deadlines:  # no bids: a draw of inspections
            return None
        deadline_at = self.memory.pin(opening.name, signed.deadlines[opening.lot])
        mine = _of_lot(events, opening.lot)
        closed = _last(mine, "LotClosed")
        over = _any(mine, "LotFailed", "BidsReleased", "KeysDisclosed")
        if closed is None or over or self._given(mine, "ShareReleased"):
            return None
        if now < deadline_at:
            raise refuse(
                "trustee_not_due",
                "{lot} 的截止时间为 {deadline_at}，本机时间 {now}，尚未到时。拒绝签署。",
                "The deadline of {lot} is {deadline_at}; it is {now} here. Refused.",
                lot=opening.name,
                deadline_at=format_instant(deadline_at),
                now=format_instant(now),
            )
        if opening.lot in signed.paused:
            raise refuse(
                "trustee_paused",
                "{lot} 已被监督部门责令暂停，尚未恢复。拒绝签署。",
                "{lot} is paused by order of the competent authority and has not been resumed. Refused.",
                lot=opening.name,
            )
        if not closed["payload"]["enough"]:
            raise refuse(
                "trustee_lot_failed",
                "{lot} 的投标人不足法定数量，不开标。拒绝签署。",
                "{lot} has fewer bids than required and is not opened. Refused.",
                lot=opening.name,
            )
        by, statement = opening.verified.vouched_by(opening.lot), opening.statement
        self.memory.sign_once(f"open/{opening.name}", {"statement": statement, "closed": closed["payload"]})
        share = sign_share(self.secret, identity("open", statement)).hex()
        return Share(opening.lot, "ShareReleased", {"index": self.index, "share": share}, opening.name, by)

    def _draw_share(self, opening: _Opening, events: Sequence[Event], now: datetime) -> Share | None:
        mine = _of_lot(events, opening.lot)
        stated = _last(mine, "DrawStated")
        if stated is None:
            return None
        payload, number = stated["payload"], stated["payload"]["round"]
        if self._given(mine, "DrawShareReleased", number) or _last(mine, "DrawSigned", number):
            return None
        statement, by = self._settled(opening, mine, payload, now)
        share = sign_share(self.secret, identity("draw", statement)).hex()
        fields = {"round": number, "index": self.index, "share_hex": share}
        return Share(opening.lot, "DrawShareReleased", fields, f"{opening.name} #{number}", by)

    def _capsule_share(self, opening: _Opening, events: Sequence[Event], now: datetime) -> Share | None:
        """To open what silent parties sealed: only once the statement is signed, when nobody can make use of it."""
        mine = _of_lot(events, opening.lot)
        stated = _last(mine, "DrawStated")
        signed = _last(mine, "DrawSigned", stated["payload"]["round"]) if stated else None
        if stated is None or signed is None or now < parse_instant(signed["at"]) + REVEAL_PATIENCE:
            return None
        payload, number = stated["payload"], stated["payload"]["round"]
        if self._given(mine, "CapsuleShareReleased", number) or _last(mine, "DrawCompleted", number):
            return None
        statement, by = self._settled(opening, mine, payload, now)
        reveal = reveal_statement(statement["draw_id"], number)
        share = sign_share(self.secret, identity("draw-reveal", reveal)).hex()
        fields = {"round": number, "index": self.index, "share_hex": share}
        return Share(opening.lot, "CapsuleShareReleased", fields, f"{opening.name} #{number}", by)

    def _settled(
        self, opening: _Opening, events: Sequence[Event], payload: Mapping[str, Any], now: datetime
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The one statement of this round that this trustee has ever agreed to, and the witnesses behind it."""
        statement = json.loads(payload["statement"])
        agreed = AGREED if opening.purpose == PURPOSE else ()  # of inspections they follow from the plan
        opening.verified.check_acts(opening.lot, "DrawStated", "DrawCommitted", *agreed)
        self._check_statement(opening, events, payload, statement, now)
        by = opening.verified.vouched_by(opening.lot)
        self.memory.sign_once(f"draw/{statement['draw_id']}/{payload['round']}", statement)
        return statement, by

    def _check_statement(
        self,
        opening: _Opening,
        events: Sequence[Event],
        payload: Mapping[str, Any],
        statement: Mapping[str, Any],
        now: datetime,
    ) -> None:
        """The statement of this round, as the record leads to it, over the pool that is shown and that the agency's
        supervisor approved, where the rule book has pools approved.
        """
        number = payload["round"]
        pool = [Candidate(c["id"], c["unit"], tuple(c["strata"]), c.get("person", "")) for c in payload["candidates"]]
        committed = {
            e["payload"]["party"]: e["payload"]["commitment"]
            for e in events
            if e["type"] == "DrawCommitted" and e["payload"]["round"] == number
        }
        expected: dict[str, Any] = {
            "draw_id": draw_id(opening.case, opening.lot, opening.purpose),
            "round": number,
            "committee": self.committee.id,
            "candidates_sha256": candidates_sha256(pool),
            "commitments": committed,
        }
        if number > 1:
            earlier = _last(events, "DrawCompleted", number - 1)
            expected["earlier_record_sha256"] = earlier["payload"]["record_sha256"] if earlier else ""
        wrong = [name for name, value in expected.items() if statement.get(name) != value]
        if opening.purpose == PURPOSE:
            profile = opening.verified.signed.terms.get("profile", {})
            wrong += departures(events, statement, number, profile, now)
        if canonical(dict(statement)).decode() != payload["statement"]:
            wrong.append("statement")
        if wrong:
            raise refuse(
                "trustee_statement_differs",
                "{lot} 第 {round} 轮抽取声明与记录不符：{field}。拒绝签署；请联系监督部门。",
                "Round {round} of the draw for {lot}: the statement differs from the record in {field}. Refused.",
                lot=opening.name,
                round=number,
                field=", ".join(wrong),
            )

    def _given(self, events: Iterable[Event], type: str, number: int | None = None) -> bool:
        """Whether this trustee's share is on record."""
        return any(e["payload"]["index"] == self.index for e in _all(events, type, number))


@dataclass(frozen=True)
class _Opening:
    """A lot whose opening (or draw) waits for the trustees."""

    origin: str
    case: str
    lot: str
    verified: VerifiedCase

    @property
    def name(self) -> str:
        return f"{self.case}/{self.lot}"

    @property
    def purpose(self) -> str:
        """What a draw of this lot is for."""
        return PURPOSE if self.lot in self.verified.signed.deadlines else purpose_of(part_of(self.lot)[1])

    @property
    def statement(self) -> dict[str, Json]:
        named = {"origin": self.origin, "tender": self.case, "lot": self.lot}
        return {**named, "envelope": ENVELOPE, "epoch": EPOCH}


def check_clock(offset: timedelta) -> None:
    """Raises Refused `trustee_clock_off` when the platform's clock and this one differ by more than CLOCK_TOLERANCE."""
    if abs(offset) > CLOCK_TOLERANCE:
        raise refuse(
            "trustee_clock_off",
            "本机时钟与平台相差 {seconds} 秒，超过 {limit} 秒。拒绝签署；请先校准时钟。",
            "This clock is {seconds} s off the platform's, more than {limit} s. Refused; set the clock first.",
            seconds=int(offset.total_seconds()),
            limit=int(CLOCK_TOLERANCE.total_seconds()),
        )


def _all(events: Iterable[Event], type: str, number: int | None = None) -> list[Event]:
    return [e for e in events if e["type"] == type and number in (None, e["payload"].get("round"))]


def _last(events: Iterable[Event], type: str, number: int | None = None) -> Event | None:
    found = _all(events, type, number)
    return found[-1] if found else None


def committee_shown(events: Sequence[Event]) -> Json:
    """The description of the trustees whose shares count now in a published case or year; {} for any other."""
    terms, changed = _last(events, "TenderSubmitted"), _last(events, TrusteesChanged.__name__)
    approved = next((at for at, event in enumerate(events) if event["type"] == "PlanApproved"), None)
    if approved is not None and (plan := _last(events[:approved], "PlanProposed")):
        return changed["payload"]["committee"] if changed else plan["payload"]["committee"]
    if terms is None or _last(events, "TenderPublished") is None:
        return {}
    return changed["payload"]["committee"] if changed else terms["payload"]["terms"]["committee"]


def _any(events: Iterable[Event], *types: str) -> bool:
    return any(e["type"] in types for e in events)


def _of_lot(events: Iterable[Event], lot: str) -> list[Event]:
    return [e for e in events if e["lot"] == lot]


def setup_m0(profiles: Sequence[Profile], threshold: int, passphrase: str, rng: Callable[[int], bytes]) -> Committee:
    """A committee for demonstrations: this machine makes every share and writes each into its trustee's folder.

    Every folder has a key and the organisation's name already. Raises CryptoError `committee_size`,
    `committee_malformed` (for instance two folders with one key).
    """
    known = [profile.facts for profile in profiles]
    members = [Member(i, str(facts["organisation"]), str(facts["key_id"])) for i, facts in enumerate(known, 1)]
    committee, secrets = run_ceremony(members, threshold, rng)
    for index, profile in enumerate(profiles, 1):
        write_private(profile.folder / "M0.txt", M0_NOTICE.encode())
        write_json(profile.folder / "committee.json", {"committee": committee.describe(), "index": index})
        write_private(profile.folder / "share.age", seal_under(passphrase, secrets[index]))  # last: the folder is whole
    return committee
