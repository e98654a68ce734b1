"""What a committee leaves to the talks before the contract (签订合同前要处理的事宜; O12 42 no. 9, for works)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.sitting.events import SeatFact


@dataclass(frozen=True)
class ContractPointsStated(SeatFact):
    """The chair states, for the committee, what the tenderer and the winner are to settle before they sign; the report
    says it beside the candidates. Stated again it replaces what was stated before."""

    text: str
