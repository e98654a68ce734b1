"""A case as somebody's own tool has verified it: signed acts, and a history for which the witnesses vouch.

The platform is only asked for what proves itself: certificates under pinned authorities, proofs under cosigned notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from app.casefile.act_list import ActList, Entry
from app.casefile.record import Record
from app.casefile.signed_acts import VERIFIED, SignedCase, check_act, signed_case
from app.casefile.verification.evidence import Keys, approves_own, certificates_of
from app.client.connection import Connection, Refused, refuse
from app.messages import sentence
from app.procedure.errors import RuleViolation
from app.procedure.witnesses import NO_WITNESS, RegisterTerms
from crypto.canonical import Json
from crypto.errors import CryptoError
from crypto.instants import parse_instant
from crypto.notes import Note, VerifierKey

Event = Mapping[str, Any]


class Source(Protocol):
    """Where proofs come from; nothing of it is believed."""

    def certificates(self, keys: frozenset[str]) -> Sequence[Json]:
        """The register's entries about these keys, as records."""

    def acts(self) -> ActList:
        """The list of acts with its cosigned notes, as they stand now."""


class ListFeed:
    """The list of acts, of which only what came since is fetched: one for all cases of a platform."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._list = connection, ActList()

    def refresh(self) -> ActList:
        """The list as it stands now. Raises Refused, CryptoError `act_list_malformed`, `note_malformed`."""
        # Notes first: the list may grow meanwhile, and none of them may cover more than was fetched.
        notes = self._connection.get("/register/acts/cosigned")["notes"]
        while True:
            place = len(self._list.entries)
            answer = self._connection.get("/register/acts", **{"from": str(place)})
            self._list.grow([Entry.parse(text) for text in answer["entries"]])
            if len(self._list.entries) >= answer["size"] or not answer["entries"]:
                break
        self._list.notes = [Note.parse(text) for text in notes]
        return self._list


class PlatformSource:
    """The platform as a source of proofs; certificates are fetched again when a key, or a further act, needs one."""

    def __init__(self, connection: Connection, case: str, acts: ListFeed | None = None) -> None:
        self._connection, self._path = connection, f"/cases/{quote(case)}"
        self._acts = acts or ListFeed(connection)
        self._known: tuple[frozenset[str], Sequence[Json]] = (frozenset(), ())

    def certificates(self, keys: frozenset[str]) -> Sequence[Json]:
        if self._known[0] != keys:
            self._known = (keys, list(self._connection.get(f"{self._path}/certificates")))
        return self._known[1]

    def acts(self) -> ActList:
        return self._acts.refresh()


@dataclass(frozen=True)
class Vouchers:
    """Who must vouch beside the witnesses of the terms: those whom a folder pinned at its first meeting with the
    platform, as many of them as were needed then, and each of `more`, the holder's own choice."""

    pinned: RegisterTerms = NO_WITNESS
    more: tuple[VerifierKey, ...] = ()


NO_VOUCHERS = Vouchers()


@dataclass(frozen=True)
class VerifiedCase:
    """What is certain of a case."""

    origin: str
    case: str
    records: tuple[Record, ...]
    keys: Keys
    signed: SignedCase
    source: Source
    vouchers: Vouchers

    def check_acts(self, lot: str, *types: str) -> None:
        """The acts of these types on a lot are their parties' own, and nobody approved draw conditions of their own.

        Raises Refused `trustee_act_unverified`.
        """
        author = ""
        try:
            for record in self.records:
                if record.lot != lot or record.type not in types:
                    continue
                signer = check_act(record, self.signed.terms, self.keys, self.origin)
                if approves_own(record, signer, author):
                    raise CryptoError("act_unverified", type=record.type, reason="second_person_needed")
                if record.type == "DrawConditionsProposed":
                    author = signer.subject.serial
        except (CryptoError, KeyError, TypeError, AttributeError) as exc:
            raise _unverified(exc) from exc

    def vouched_by(self, lot: str = "") -> tuple[str, ...]:
        """The names of the witnesses that vouch for the whole history of the case's terms, and of the lot's, as they
        were shown here: it is the only one that the list of acts has of them. None where nobody is asked.

        Without a lot the publication must be cosigned, what came since only be listed. Raises Refused
        `trustee_unvouched` while too few vouch, `history_not_listed` where the list has another history,
        `history_withheld` where it has more than was shown.
        """
        asked = [register for register in (self.signed.register, self.vouchers.pinned) if register.witnesses]
        if not asked and not self.vouchers.more:
            return ()
        keys = dict.fromkeys([key for register in asked for key in register.witness_keys])
        try:
            acts, log = self.source.acts(), _log_key(self.signed.register, self.vouchers.pinned)
            sizes = acts.vouching(log, (*keys, *self.vouchers.more))
            places = acts.find(self.origin, self.case, lot, self.records)
        except (CryptoError, KeyError, TypeError, ValueError, AttributeError) as exc:
            if isinstance(exc, CryptoError) and exc.code == "act_unlisted":
                raise self._unvouched(lot, asked, [sentence(exc.code, exc.facts, "zh")]) from exc
            raise _not_listed(self.case, lot, exc) from exc
        needed = max(places, default=0) if lot else min(places, default=0)
        found = {key for key, size in sizes.items() if needed and size >= needed}
        missing = [key.name for key in self.vouchers.more if key not in found]
        if missing or any(len(found & set(one.witness_keys)) < one.quorum for one in asked):
            raise self._unvouched(lot, asked, missing)
        return tuple(sorted(key.name for key in found))

    def _unvouched(self, lot: str, asked: Sequence[RegisterTerms], missing: Sequence[str]) -> Refused:
        what, names = f"{self.case}/{lot}".rstrip("/"), ", ".join(missing) or "-"
        quorum = max((register.quorum for register in asked), default=0)
        return refuse(
            "trustee_unvouched",
            "{what} 的记录尚未由 {quorum} 家见证方在公开行为清单中联署（另缺：{names}）。通常只需数秒，请稍候重试。",
            "The record of {what} is not cosigned yet by {quorum} witnesses in the list of acts (missing besides: "
            "{names}). It usually takes seconds; try again.",
            what=what,
            quorum=quorum,
            names=names,
        )


def _log_key(terms: RegisterTerms, pinned: RegisterTerms) -> VerifierKey:
    """The register's key; terms that name another than the pinned one are another platform's.

    Raises CryptoError `vkey_malformed`, `act_list_foreign`.
    """
    found = [register.log_key for register in (pinned, terms) if register.log]
    if not found:
        raise CryptoError("vkey_malformed", reason="missing")
    if found[0] != found[-1]:
        raise CryptoError("act_list_foreign", found=str(found[-1])[:120], expected=str(found[0])[:120])
    return found[0]


def _not_listed(case: str, lot: str, exc: Exception) -> Refused:
    (zh, en), what = _reasons(exc), f"{case}/{lot}".rstrip("/")
    if isinstance(exc, CryptoError) and exc.code == "act_not_shown":
        return Refused(
            "history_withheld",
            f"{what}：{zh}。若是刚刚发生的，请重试；一直如此就是平台隐瞒了变更，请联系监督部门和见证方。",
            f"{what}: {en}. If it has just happened, try again; if it stays so, the platform withholds a change: call "
            "the regulator and the witnesses.",
        )
    return Refused(
        "history_not_listed",
        f"平台出示的 {what} 与见证方联署的公开行为清单不符：{zh}。已拒绝；请联系监督部门和见证方。",
        f"What the platform shows of {what} is not what the cosigned list of acts has: {en}. Refused; call the "
        "regulator and the witnesses.",
    )


def verified_case(
    origin: str,
    case: str,
    events: Iterable[Event],
    roots: Sequence[str],
    source: Source,
    vouchers: Vouchers = NO_VOUCHERS,
) -> VerifiedCase | None:
    """The case that these events prove, None before it is published. Raises Refused `trustee_act_unverified`."""
    try:
        records = tuple(_record(case, event) for event in events)
        needed = frozenset(r.act["key_id"] for r in records if r.act and r.type in VERIFIED)
        register = [Record.from_json(entry) for entry in source.certificates(needed)]
        keys = Keys(certificates_of(register), tuple(roots))
        signed = signed_case(records, keys, origin)
    except (CryptoError, RuleViolation, KeyError, TypeError, ValueError, AttributeError) as exc:
        raise _unverified(exc) from exc
    return None if signed is None else VerifiedCase(origin, case, records, keys, signed, source, vouchers)


def _record(case: str, event: Event) -> Record:
    """An event as a record; what an event does not tell (the place in the log) nothing here hangs on."""
    at = parse_instant(event["at"])
    return Record(
        case, 0, event["lot"], event["type"], at, event["actor"], event["role"], event["payload"], event["act"]
    )


def _reasons(exc: Exception) -> tuple[str, str]:
    if isinstance(exc, CryptoError | RuleViolation):
        return sentence(exc.code, exc.facts, "zh").rstrip("。"), sentence(exc.code, exc.facts, "en").rstrip(".")
    return type(exc).__name__, type(exc).__name__


def _unverified(exc: Exception) -> Refused:
    zh, en = _reasons(exc)
    return Refused(
        "trustee_act_unverified",
        f"平台出示的行为核验不通过：{zh}。拒绝签署；请联系监督部门。",
        f"An act that the platform shows does not verify: {en}. Refused; call the regulator.",
    )
