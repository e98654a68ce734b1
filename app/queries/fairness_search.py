"""Figures of draws narrowed to what somebody looks for, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy.orm import Session as DbSession

from app.queries.fairness import Cluster, DrawLine, ExpertLine, Fairness, experts_called


class Order(StrEnum):
    """What experts are listed by, the first always being what stands out most."""

    RAREST = "rarest"
    DRAWN = "drawn"
    REFUSALS = "refusals"
    SILENT = "silent"


class Only(StrEnum):
    """Which draws are listed."""

    ALL = "all"
    SMALL = "small"
    SUBSTITUTED = "substituted"


@dataclass(frozen=True)
class Asked:
    """`words`: all of them stand in the number, name or employer of an expert, or in the name of a bidder, or in the
    code or title of a project.
    """

    words: str = ""
    order: Order = Order.RAREST
    only: Only = Only.ALL


def narrowed(db_session: DbSession, found: Fairness, asked: Asked, *, named: bool) -> Fairness:
    """The same figures with the lines that were asked for. Who may not read the names of experts does not find them by
    name either: experts are then listed whatever the words are, and pairs by bidders alone.
    """
    experts, pairs, clusters = found.experts, found.pairs, found.clusters
    if asked.words:
        words, called = asked.words.lower().split(), experts_called(db_session, asked.words) if named else set[str]()
        experts = tuple(line for line in experts if line.expert in called) if named else experts
        pairs = tuple(line for line in pairs if line.expert in called or _stand(words, line.bidder))
        clusters = tuple(one for one in clusters if called.intersection(one.experts) or _names_one(words, one))
    return replace(
        found,
        experts=_ordered(experts, asked.order),
        pairs=pairs,
        clusters=clusters,
        draws=_draws(found.draws, asked),
    )


def _stand(words: Sequence[str], text: str) -> bool:
    return all(word in text.lower() for word in words)


def _names_one(words: Sequence[str], cluster: Cluster) -> bool:
    return any(_stand(words, bidder) for bidder in cluster.bidders)


def _ordered(lines: tuple[ExpertLine, ...], order: Order) -> tuple[ExpertLine, ...]:
    """Of the equal, the rarest first, as they come."""
    match order:
        case Order.DRAWN:
            return tuple(sorted(lines, key=lambda line: -line.tally.drawn))
        case Order.REFUSALS:
            return tuple(sorted(lines, key=lambda line: line.refusals))
        case Order.SILENT:
            return tuple(sorted(lines, key=lambda line: -line.tally.silent))
    return lines


def _draws(lines: tuple[DrawLine, ...], asked: Asked) -> tuple[DrawLine, ...]:
    words = asked.words.lower().split()
    found = tuple(line for line in lines if _stand(words, f"{line.code} {line.title}"))
    match asked.only:
        case Only.SMALL:
            return tuple(line for line in found if line.small)
        case Only.SUBSTITUTED:
            return tuple(sorted((line for line in found if line.substitutions), key=lambda line: -line.substitutions))
    return found
