"""What happens in a year of inspections: acts of persons. The draws themselves are facts of `evaluation.draw`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.procedure.inspections.items import Grade, InspectionRules, Item, ObjectClass
from app.procedure.terms import Document, Party
from app.procedure.witnesses import NO_WITNESS, RegisterTerms
from crypto.canonical import Json


class Part(StrEnum):
    """The two draws of a campaign."""

    OBJECTS = "objects"
    INSPECTORS = "inspectors"


class ResultCode(StrEnum):
    """Result of an item on an object, by the codes that are published."""

    NO_PROBLEM = "1"
    OTHER_RULES = "5"
    NOT_FOUND = "6"
    OUT_OF_BUSINESS = "7"
    REFUSED = "8"
    PROBLEM = "A"
    NOT_PUBLISHED = "B"
    CONCEALED = "C"
    CORRECTED = "E"
    NOT_ENGAGED = "F"


HITS = frozenset("58ABCE")  # codes under which something was found
FOLLOWED_UP = frozenset({ResultCode.PROBLEM})  # codes after which a correction is awaited


@dataclass(frozen=True)
class Parties:
    """Who inspects together: the authority that leads, those that join it, and the centre that states the draws."""

    authority: Party
    joint: tuple[Party, ...]
    centre: Party

    @property
    def authorities(self) -> tuple[Party, ...]:
        return (self.authority, *self.joint)

    @property
    def by_name(self) -> dict[str, Party]:
        """The parties that give randomness to a draw, by their names in it."""
        joint = {f"joint-{number}": party for number, party in enumerate(self.joint, 1)}
        return {"centre": self.centre, "supervisor": self.authority, **joint}


@dataclass(frozen=True)
class InspectionYearOpened:
    """An authority begins its inspections of a year."""

    year: int
    parties: Parties


@dataclass(frozen=True)
class PlanProposed:
    """The yearly plan (年度抽查计划): the items, the rule book, whose joint key signs the draws, who vouches."""

    parties: Parties
    title: str
    rules: InspectionRules
    items: tuple[Item, ...]
    committee: Json
    register: RegisterTerms = NO_WITNESS


@dataclass(frozen=True)
class PlanApproved:
    """A second person of the authority approves exactly this plan."""

    plan_sha256: str


@dataclass(frozen=True)
class Inspected:
    """An object that may be drawn. `units` are the credit codes of the organisations behind it, for recusals.

    Of an expert neither name nor employer is a public matter: `name` is "", and there are no `units`.
    """

    id: str
    name: str
    object_class: ObjectClass
    grade: Grade
    units: tuple[str, ...]


@dataclass(frozen=True)
class CampaignProposed:
    """A campaign (抽查任务): items of the plan and the list of objects that they are drawn from.

    `certain` says why it is held although a group is drawn whole that its items do not inspect whole.
    """

    campaign: int
    title: str
    items: tuple[str, ...]
    objects: tuple[Inspected, ...]
    certain: str = ""


@dataclass(frozen=True)
class Inspector:
    """An inspector by account. `ties` are credit codes of organisations for which he or she must step back, `objects`
    are those of the campaign whose organisations the list does not name (experts)."""

    account: str
    ties: tuple[str, ...]
    objects: tuple[str, ...] = ()


@dataclass(frozen=True)
class InspectorsListed:
    """An authority lays its list of inspectors before a campaign; joining one is this very act.

    `salt` (64 hex digits) makes the numbers under which they are drawn, which nobody outside can lead back to accounts:
    those stand by name beside what else they sign. "" in lists of before: there the account is the number.
    """

    campaign: int
    authority: str
    inspectors: tuple[Inspector, ...]
    salt: str = ""


@dataclass(frozen=True)
class CampaignPublished:
    """A second person publishes the campaign; `frozen_sha256` covers it and every list of inspectors."""

    campaign: int
    frozen_sha256: str


@dataclass(frozen=True)
class InspectorRecused:
    """An inspector steps back from a drawn object, on a ground in words."""

    campaign: int
    object: str
    ground: str


@dataclass(frozen=True)
class CertainInspectorsProposed:
    """Of these objects every free inspector will be drawn; `reason` says why it is drawn all the same.

    `places` are the strata of the inspectors' draw.
    """

    campaign: int
    places: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class InspectorsDrawOpened:
    """Whoever must has stepped back: the inspectors are drawn. `certain_sha256`: what another person has proposed of
    places without a choice, "" where there is none."""

    campaign: int
    certain_sha256: str = ""


@dataclass(frozen=True)
class RedrawProposed:
    """Somebody or something drawn is to be replaced by a further round; `candidate` is its number in the draw."""

    campaign: int
    part: Part
    candidate: str
    ground: str


@dataclass(frozen=True)
class RedrawOrdered:
    """A second person orders exactly that."""

    campaign: int
    part: Part
    candidate: str
    ground: str


@dataclass(frozen=True)
class ItemResult:
    """The result of one item; `finding` is for the authorities, not for the public."""

    item: str
    code: ResultCode
    finding: str


@dataclass(frozen=True)
class ResultsEntered:
    """A drawn inspector states what was found on an object, item by item, with files as evidence.

    `reason` says why, where what was confirmed before is changed.
    """

    campaign: int
    object: str
    authority: str
    results: tuple[ItemResult, ...]
    files: tuple[Document, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class ResultsConfirmed:
    """Another inspector drawn for the same object confirms it word for word; now it is published."""

    campaign: int
    object: str
    authority: str
    results_sha256: str


@dataclass(frozen=True)
class ViewStated:
    """An inspected party states its view of a result (陈述申辩), or says what it has put right; published beside it.

    `results_sha256`: of the entry that it speaks of. `unit` and `name`: credit code and name of the organisation that
    speaks, "" for an expert. `corrected`: the items that it says have been put right.
    """

    campaign: int
    object: str
    authority: str
    results_sha256: str
    unit: str
    name: str
    words: str
    corrected: tuple[str, ...] = ()
    files: tuple[Document, ...] = ()


@dataclass(frozen=True)
class ViewAnswered:
    """A drawn inspector answers a statement: whether it is right, so that the result is looked at anew, and why."""

    campaign: int
    object: str
    authority: str
    statement_sha256: str
    right: bool
    words: str


@dataclass(frozen=True)
class RectificationRecorded:
    """An inspector states whether what was found has been put right."""

    campaign: int
    object: str
    authority: str
    item: str
    done: bool
    note: str
    files: tuple[Document, ...] = ()


@dataclass(frozen=True)
class RectificationConfirmed:
    """Another inspector confirms exactly that record; now it is published. `record_sha256`: of its payload."""

    campaign: int
    object: str
    authority: str
    item: str
    record_sha256: str


Fact = (
    InspectionYearOpened
    | PlanProposed
    | PlanApproved
    | CampaignProposed
    | InspectorsListed
    | CampaignPublished
    | InspectorRecused
    | CertainInspectorsProposed
    | InspectorsDrawOpened
    | RedrawProposed
    | RedrawOrdered
    | ResultsEntered
    | ResultsConfirmed
    | ViewStated
    | ViewAnswered
    | RectificationRecorded
    | RectificationConfirmed
)
