"""The method of biddraw/v1 written a second time: what a record of one round must give."""

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
        promise, who = stated["commitments"].get(party, ""), shown(party)
        same = tagged("biddraw/v1/commit", data).hex() == promise
        if not same and record["reveals"].get(party) == tagged("biddraw/v1/replaced", bytes.fromhex(promise)).hex():
            yield (
                None,
                f"{who} 密封的随机数与承诺不符，由规则取代：记录中无从核对",
                f"{who} sealed other bytes: not compared",
            )
        else:
            yield same, f"{who} 的随机数与其承诺一致", f"the reveal of {who} matches its commitment"
    if (passed := stated.get("passed_over")) is not None:
        same = bool(passed) and passed == sorted(set(passed)) and not stated["commitments"].keys() & set(passed)
        yield same, f"逾期未承诺：{shown('、'.join(passed))}", "who committed to nothing in time is named"
    yield (
        committee_id(record["committee"]) == stated["committee"],
        "公钥属于声明写明的受托人",
        "the key is the stated one",
    )
    if wider := record.get("wider"):
        terms, needed = wider["conditions"], wider["widening"]["recused"].keys()
        same = tagged("biddraw/v1/wider", jcs(wider)).hex() == stated["wider_sha256"]
        same &= all(terms[field] == record[field] for field in ("tender", "lot", "purpose"))
        same &= terms["committee"] == stated["committee"] and terms["max_per_unit"] == stated["max_per_unit"]
        same &= needed <= {entry["id"] for entry in stated["recused"]}
        yield same, "放宽的抽取条件与声明中的摘要一致", "the wider conditions match their hash in the statement"
    message, tag = tagged("bidcommittee/v1/draw", jcs(stated)), BLS_SUITE["dst"].encode()
    signed = signature_fits(bytes.fromhex(record["signature"]), message, tag, bytes.fromhex(key))
    yield signed, "受托人对本声明的签名有效", "the trustees signed this very statement"
    yield drawn(record) == record["result"], "抽中和备选的号码重算一致", "drawn and reserve are what the tickets give"
