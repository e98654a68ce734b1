"""How a later round of biddraw/v1 follows those before it, and what wider conditions it may be held under."""

from collections import Counter

from app.client.draw_record import jcs, shown, tagged


def _parties(stated):
    return stated["commitments"].keys() | set(stated.get("passed_over", ()))


def _agreed(first, record):
    """The strata with the seats of all rounds, as they were agreed upon for this one; `first` is round 1."""
    return record["wider"]["conditions"]["strata"] if "wider" in record else first["statement"]["strata"]


def of_a_later_round(known, record):
    """How a round follows those before it (`known`, from round 1 on), as `of_one_round`; None: not to be seen here."""
    first, later, names = known[0]["statement"], record["statement"], [s["name"] for s in record["statement"]["strata"]]
    bound = {field: known[-1][field] for field in ("statement", "signature", "reveals", "result")}
    same = tagged("biddraw/v1/record", jcs(bound)).hex() == later["earlier_record_sha256"]
    yield same, "与上一轮的记录相连", "it continues the record of the round before"
    before, widened = known[-1], "wider" in record and record["wider"] != known[-1].get("wider")
    kept = ["draw_id", "committee", "max_per_unit", *(() if widened else ("candidates_sha256", "candidates_count"))]
    same = all(before["statement"][field] == later[field] for field in kept) and _parties(first) == _parties(later)
    yield same, "与此前同一抽取、名单、受托人和各方", "draw, pool, committee and parties are those of before"
    agreed = _agreed(known[0], record)
    drawn_before = Counter({stratum["name"]: 0 for stratum in agreed})
    for one in known:
        drawn_before.update({stratum: len(ids) for stratum, ids in one["result"]["selected"].items()})
    past = {number for one in known for ids in one["result"]["selected"].values() for number in ids}
    past |= {entry["id"] for one in known for entry in one["statement"]["recused"]}
    same = past <= {entry["id"] for entry in later["recused"]}
    yield same, "此前抽中或回避的人都不再参加", "nobody drawn or recused before could be drawn again"
    seats = [stratum | {"quota": 0} for stratum in agreed if stratum["name"] in names]
    same = seats == [stratum | {"quota": 0} for stratum in later["strata"]]
    most = {stratum["name"]: stratum["quota"] for stratum in agreed}
    same = same and all(stratum["quota"] <= most[stratum["name"]] for stratum in later["strata"])
    if later["reason"] == "unfilled":
        same = same and any(drawn_before[stratum] < quota for stratum, quota in most.items())
    yield same, "只补抽设定的名额", "it refills agreed seats alone"
    if "wider" in record or "wider" in before:
        yield from _of_wider_conditions(before, record, widened and (_agreed(known[0], before), agreed))
    used = [value for one in known for value in one["statement"]["commitments"].values()]
    yield not set(used) & set(later["commitments"].values()), "没有重复使用承诺", "no commitment is used again"
    if later["reason"] == "ordered" or later["second_signature"]:
        yield None, "第二人对重抽的签名：记录中无从核对", "the second person's signature: not compared"


def _of_wider_conditions(before, record, widened):
    """Conditions are widened in the round that is drawn under them, for as many seats, and nobody leaves the pool.

    `widened`: the strata before and after; False where the conditions are those of the round before.
    """
    wider = record.get("wider", {"widening": {"round": 0, "reason": ""}})
    round_, reason = wider["widening"]["round"], shown(wider["widening"]["reason"])
    same = round_ == record["statement"]["round"] if widened else wider == before.get("wider")
    same = same and (not widened or len({sum(stratum["quota"] for stratum in strata) for strata in widened}) == 1)
    yield same, f"放宽条件在第 {round_} 轮核准，名额总数不变：{reason}", f"widened in round {round_}, for as many seats"
    pool = {candidate["id"]: candidate for candidate in record["candidates"]}
    for one in before["candidates"]:
        now = pool.get(one["id"], {"strata": []})
        same = same and {**now, "strata": 0} == {**one, "strata": 0} and set(one["strata"]) <= set(now["strata"])
    yield same, "放宽前名单上的人都在，可抽的组只增不减", "everybody of the pool before is in it, for no fewer strata"
