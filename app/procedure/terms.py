"""What a tender publishes: its terms, lot by lot, and what a profile allows of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.names import credit_code_fault, hidden_character
from app.procedure.profiles import Profile
from app.procedure.witnesses import NO_WITNESS, RegisterTerms, check_register_terms
from crypto.canonical import Json
from crypto.timelock import Chain
from evaluation.criteria import CriterionStage
from evaluation.evaluate import EvaluationRules, check_evaluation_rules
from evaluation.sitting.deductions import deduction_items, sound_deductions
from evaluation.sitting.events import ReviewItem

LONGEST_PRODUCT = 60  # characters of the name of a core product


@dataclass(frozen=True)
class Party:
    """An organisation with a part in the case: agency, centre or regulator."""

    id: str
    name: str


@dataclass(frozen=True)
class Document:
    """A published file: `sha256` names its content, `size` is in bytes."""

    id: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class LotTerms:
    """What a lot asks for: money in yuan, the deadline as published first, and how bids are scored.

    `anonymous`: technical bids without their bidders' names (暗标); None, as in every notice before that rule: with.
    `core_product`: of which every bid states the brand, bids of one brand counting as one bidder (O87 art. 31); None:
    the notice names none.
    """

    number: str
    title: str
    budget: Decimal
    ceiling: Decimal
    deadline_at: datetime
    evaluation: EvaluationRules
    review_items: tuple[ReviewItem, ...]
    anonymous: bool | None = None
    core_product: str | None = None


@dataclass(frozen=True)
class CaseOpened:
    """An agency officer begins a case; the competent authority and the centre are named once and for all.

    `follows` is the case whose lots failed and are tendered again here, or empty.
    """

    agency: Party
    centre: Party
    regulator: Party
    follows: str = ""


@dataclass(frozen=True)
class TenderTerms:
    """All that is published, and so signed: the case's parties too.

    `profile` is a copy, `committee` the description of the trustees' joint key. `complex`: the agency declares the
    procurement technically complex or of considerable social impact (O87 art. 47). `timelock` describes the drand
    chain whose rounds are the second lock, where there is one (mode M2). `register` says who vouches for its history.
    `buyer_code` is the buyer's credit code, whose staff are no experts of this tender; "" in notices before that rule.
    """

    parties: CaseOpened
    code: str
    title: str
    buyer: str
    region: str
    method: str
    notice: str
    profile: Profile
    documents: tuple[Document, ...]
    committee: Json
    lots: tuple[LotTerms, ...]
    complex: bool = False
    timelock: Json | None = None
    register: RegisterTerms = NO_WITNESS
    buyer_code: str = ""

    @property
    def mode(self) -> str:
        """How the bids are locked: M0, M1 or M2."""
        return "M2" if self.timelock is not None else str(self.committee["mode"])

    @cached_property
    def chain(self) -> Chain | None:
        """The chain of the second lock. Raises CryptoError `chain_malformed`, `point_wrong`."""
        return Chain.from_description(self.timelock) if self.timelock is not None else None

    @property
    def budget(self) -> Decimal:
        """Of the whole procurement, in yuan: that of all lots together."""
        return sum((lot.budget for lot in self.lots), Decimal(0))

    def lot(self, number: str) -> LotTerms:
        """The terms of a lot. Raises RuleViolation `lot_unknown`."""
        for lot in self.lots:
            if lot.number == number:
                return lot
        raise RuleViolation("lot_unknown", lot=number)


def check_terms(terms: TenderTerms, now: datetime) -> None:
    """Refuses terms that the profile does not allow (`terms_incomplete`, `buyer_code_missing`, `buyer_code_wrong`,
    `buyer_code_digit`, `deadline_too_early`, `ceiling_above_budget`, `price_weight_too_low`,
    `price_formula_not_allowed`, `lot_repeated`, `second_lock_needs_ceremony`, `register_terms_wrong`,
    `anonymous_criterion`, `anonymous_nothing_scored`, `method_not_allowed`, `adjustments_not_allowed`,
    `deductions_not_allowed`, `deduction_out_of_range`, `deductions_leave_nothing`, `core_product_not_in_profile`,
    `core_product_unfit`; CryptoError `chain_malformed`)."""
    for name in ("code", "title", "buyer", "notice"):
        if not getattr(terms, name).strip():
            raise RuleViolation("terms_incomplete", field=name)
    if terms.profile.recusal_articles:
        _check_buyer_code(terms.buyer_code)
    if not terms.lots:
        raise RuleViolation("terms_incomplete", field="lots")
    if len({lot.number for lot in terms.lots}) != len(terms.lots):
        raise RuleViolation("lot_repeated")
    if terms.chain and terms.committee["mode"] != "M1":
        raise RuleViolation("second_lock_needs_ceremony", mode=terms.committee["mode"])
    check_register_terms(terms.register)
    for lot in terms.lots:
        _check_lot(lot, terms.profile, now)


def _check_buyer_code(code: str) -> None:
    """A rule book that knows the grounds of recusal asks whose staff the buyer's are."""
    if not code:
        raise RuleViolation("buyer_code_missing")
    fault = credit_code_fault(code)
    if fault == "form":
        raise RuleViolation("buyer_code_wrong", given=code[:40])
    if fault:
        raise RuleViolation("buyer_code_digit", given=code, due=fault)


def check_deadline(lot: str, deadline_at: datetime, profile: Profile, now: datetime) -> None:
    """Published now, bidders have the profile's time (招标投标法 24). Raises RuleViolation `deadline_too_early`."""
    earliest = add(now, profile.documents_to_deadline)
    if deadline_at < earliest:
        facts = {"deadline_at": deadline_at, "earliest_at": earliest, "period": str(profile.documents_to_deadline)}
        raise RuleViolation("deadline_too_early", lot=lot, **facts)


def _check_lot(lot: LotTerms, profile: Profile, now: datetime) -> None:
    check_deadline(lot.number, lot.deadline_at, profile, now)
    if lot.ceiling > lot.budget:
        raise RuleViolation("ceiling_above_budget", lot=lot.number, ceiling=lot.ceiling, budget=lot.budget)
    check_evaluation_rules(lot.evaluation)
    _check_method(lot, profile)
    _check_deductions(lot, profile)
    _check_core_product(lot, profile)
    if lot.anonymous and lot.evaluation.in_money:
        raise RuleViolation("anonymous_nothing_scored", lot=lot.number)
    for criterion in lot.evaluation.criteria.scored if lot.anonymous else ():
        if criterion.stage is not CriterionStage.TECHNICAL:  # it could not be scored without the bidder's name
            raise RuleViolation(
                "anonymous_criterion", lot=lot.number, criterion={"zh": criterion.name_zh, "en": criterion.name_en}
            )


def _check_deductions(lot: LotTerms, profile: Profile) -> None:
    """The rule book knows of deductions from prices, each of the published ones is within its limits, and all of them
    together leave something of a price."""
    allowed, shares = profile.price_deduction, deduction_items(lot.review_items)
    if not shares:
        return
    if allowed is None:
        raise RuleViolation("deductions_not_allowed", lot=lot.number)
    for share in shares.values():
        if not allowed.least <= share <= allowed.most:
            facts = {"share": percent(share), "least": percent(allowed.least), "most": percent(allowed.most)}
            raise RuleViolation("deduction_out_of_range", lot=lot.number, **facts)
    if not sound_deductions(lot.review_items):
        raise RuleViolation("deductions_leave_nothing", lot=lot.number)


def _check_core_product(lot: LotTerms, profile: Profile) -> None:
    """The rule book knows the rule about brands, and what is named can be printed on one line."""
    if lot.core_product is None:
        return
    if not profile.same_brand_counts_once:
        title = {"zh": profile.title_zh, "en": profile.title_en}
        raise RuleViolation("core_product_not_in_profile", lot=lot.number, profile=title)
    if not lot.core_product.strip() or len(lot.core_product) > LONGEST_PRODUCT or hidden_character(lot.core_product):
        raise RuleViolation("core_product_unfit", lot=lot.number, most=LONGEST_PRODUCT)


def percent(share: Decimal) -> str:
    """A share in percent, without needless zeros: 0.10 is 10."""
    return f"{(share * 100).normalize():f}"


def _check_method(lot: LotTerms, profile: Profile) -> None:
    """The rule book knows the method, and what it says of prices holds under it: a weight only where they are part of a
    total (O87 art. 55)."""
    rules, title = lot.evaluation, {"zh": profile.title_zh, "en": profile.title_en}
    if rules.by not in profile.methods:
        raise RuleViolation("method_not_allowed", lot=lot.number, method=rules.by, profile=title)
    if rules.in_money:
        if rules.criteria.scored and not profile.price_adjustments:
            raise RuleViolation("adjustments_not_allowed", lot=lot.number)
        return
    weight, formula, allowed = rules.criteria.price.full, rules.formula.formula, profile.price_formulas
    if rules.gate is None and weight < profile.price_weight_at_least:
        raise RuleViolation("price_weight_too_low", lot=lot.number, weight=weight, least=profile.price_weight_at_least)
    if allowed and formula not in allowed:
        facts = {"formula": formula, "formulas": list(allowed), "profile": title}
        raise RuleViolation("price_formula_not_allowed", lot=lot.number, **facts)
