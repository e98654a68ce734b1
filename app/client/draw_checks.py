"""The method of biddraw/v1 written a second time: what a record must give, and how a later round follows an earlier."""

import hashlib
import hmac
from collections import Counter

from app.client.bls_check import signature_fits
from app.client.draw_record import BLS_SUITE, committee_id, jcs, shown, tagged


def drawn(record):
    """The result that follows from statement, signature, reveals and candidates."""
    stated, units, taken, orders = record["statement"], Counter(), set(), {}
    material = record["signature"] + "".join(value for _, value in sorted(record["reveals"].items()))
    key = hmac.digest(tagged("biddraw/v1/statement", jcs(stated)), bytes.fromhex(material), "sha256")
    recused, result = {entry["id"] for entry in stated["recused"]}, {"selected": {}, "reserve": {}}
    free = [candidate for candidate in record["candidates"] if candidate["id"] not in recused]
    for stratum in (stratum["name"] for stratum in stated["strata"]):
        pool, before = [c for c in free if stratum in c["strata"]], f"biddraw/v1\0{stratum}\0"
        orders[stratum] = sorted(pool, key=lambda c, b=before: hmac.digest(key, f"{b}{c['id']}\1".encode(), "sha256"))
    for outcome, size in (("selected", "quota"), ("reserve", "reserve")):
        for stratum in stated["strata"]:
            ids, room = [], units if outcome == "selected" else Counter(units)
            for candidate in orders[stratum["name"]]:
                if len(ids) == stratum[size]:
                    break
                if candidate["id"] not in taken and room[candidate["unit"]] < stated["max_per_unit"]:
                    ids.append(candidate["id"])
                    room[candidate["unit"]] += 1
            result[outcome][stratum["name"]] = ids
            taken.update(ids if outcome == "selected" else ())
    return result


def of_one_round(record):
    """For each check of a round whether it holds, and what it is in Chinese and in English."""
    stated, ids, key = record["statement"], [c["id"] for c in record["candidates"]], record["committee"]["public_key"]
    names = "\0".join(record[field] for field in ("tender", "lot", "purpose"))
    same = tagged("biddraw/v1/draw", names.encode()).hex() == stated["draw_id"]
    yield same, "声明正是为所写的项目、标包和用途而作", "the statement is about this tender, lot and purpose"
    same = hashlib.sha256(jcs(record["candidates"])).hexdigest() == stated["candidates_sha256"]
    same &= ids == sorted(set(ids)) and len(ids) == stated["candidates_count"]
    yield same, "候选名单与声明中的摘要一致、按号码排列、无重复", "candidates match their hash, in order, none twice"
    for party in sorted(stated["commitments"].keys() | record["reveals"].keys()):
        data = f"{stated['draw_id']}\0{party}\0".encode() + bytes.fromhex(record["reveals"].get(party, ""))
        same = tagged("biddraw/v1/commit", data).hex() == stated["commitments"].get(party)
        yield same, f"{shown(party)} 的随机数与其承诺一致", f"the reveal of {shown(party)} matches its commitment"
    yield (
        committee_id(record["committee"]) == stated["committee"],
        "公钥属于声明写明的受托人",
        "the key is the stated one",
    )
    message, tag = tagged("bidcommittee/v1/draw", jcs(stated)), BLS_SUITE["dst"].encode()
    signed = signature_fits(bytes.fromhex(record["signature"]), message, tag, bytes.fromhex(key))
    yield signed, "受托人对本声明的签名有效", "the trustees signed this very statement"
    yield drawn(record) == record["result"], "抽中和备选的号码重算一致", "drawn and reserve are what the tickets give"


def of_a_later_round(known, record):
    """How a round follows those before it (`known`, from round 1 on), as `of_one_round`; None: not to be seen here."""
    first, later, names = known[0]["statement"], record["statement"], [s["name"] for s in record["statement"]["strata"]]
    bound = {field: known[-1][field] for field in ("statement", "signature", "reveals", "result")}
    same = tagged("biddraw/v1/record", jcs(bound)).hex() == later["earlier_record_sha256"]
    yield same, "与上一轮的记录相连", "it continues the record of the round before"
    kept = ("draw_id", "committee", "candidates_sha256", "candidates_count", "max_per_unit")
    same = (
        all(first[field] == later[field] for field in kept)
        and first["commitments"].keys() == later["commitments"].keys()
    )
    yield same, "与第一轮同一抽取、名单、受托人和各方", "draw, pool, committee and parties are those of round 1"
    drawn_before = Counter({s["name"]: 0 for s in first["strata"]})
    for one in known:
        drawn_before.update({stratum: len(ids) for stratum, ids in one["result"]["selected"].items()})
    past = {number for one in known for ids in one["result"]["selected"].values() for number in ids}
    past |= {entry["id"] for one in known for entry in one["statement"]["recused"]}
    same = past <= {entry["id"] for entry in later["recused"]}
    yield same, "此前抽中或回避的人都不再参加", "nobody drawn or recused before could be drawn again"
    seats = [stratum | {"quota": 0} for stratum in first["strata"] if stratum["name"] in names]
    same = seats == [stratum | {"quota": 0} for stratum in later["strata"]]
    most = {stratum["name"]: stratum["quota"] for stratum in first["strata"]}
    same = same and all(stratum["quota"] <= most[stratum["name"]] for stratum in later["strata"])
    if later["reason"] == "unfilled":
        same = same and any(drawn_before[stratum] < quota for stratum, quota in most.items())
    yield same, "只补抽第一轮设定的名额", "it refills seats of round 1 alone"
    used = [value for one in known for value in one["statement"]["commitments"].values()]
    yield not set(used) & set(later["commitments"].values()), "没有重复使用承诺", "no commitment is used again"
    if later["reason"] == "ordered" or later["second_signature"]:
        yield None, "第二人对重抽的签名：记录中无从核对", "the second person's signature: not compared"
