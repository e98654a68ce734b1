"""Recompute a draw (biddraw/v1) from its record alone: verify_draw.py RECORD.json [RECORD-OF-THE-EARLIER-ROUND.json]

Standard library only; the signature is checked where py_arkworks_bls12381 or py_ecc is installed. Exit 1 on a failure.
独立复核抽取结果，不使用平台代码。"""

import hashlib
import hmac
import json
import sys
from collections import Counter
from pathlib import Path


def jcs(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def tagged(label, data):
    return hashlib.sha256(label.encode() + b"\0" + data).digest()


def drawn(record):
    """The result that follows from statement, signature, reveals and candidates."""
    stated, units, taken = record["statement"], Counter(), set()
    material = record["signature"] + "".join(value for _, value in sorted(record["reveals"].items()))
    prk = hmac.digest(tagged("biddraw/v1/statement", jcs(stated)), bytes.fromhex(material), "sha256")
    recused, result = {entry["id"] for entry in stated["recused"]}, {"selected": {}, "reserve": {}}
    for outcome, size in (("selected", "quota"), ("reserve", "reserve")):
        for stratum in stated["strata"]:
            name, ids, room = stratum["name"], [], units if outcome == "selected" else Counter(units)
            pool = [c for c in record["candidates"] if name in c["strata"] and c["id"] not in recused | taken]
            ticket = {c["id"]: hmac.digest(prk, f"biddraw/v1\0{name}\0{c['id']}\1".encode(), "sha256") for c in pool}
            for candidate in sorted(pool, key=lambda c, ticket=ticket: ticket[c["id"]]):
                if len(ids) < stratum[size] and room[candidate["unit"]] < stated["max_per_unit"]:
                    ids.append(candidate["id"])
                    room[candidate["unit"]] += 1
            result[outcome][name] = ids
            taken.update(ids if outcome == "selected" else ())
    return result


def signature_holds(record):
    """Whether the committee signed this very statement; None where no BLS library is installed."""
    message, dst = tagged("bidcommittee/v1/draw", jcs(record["statement"])), record["committee"]["dst"].encode()
    signature, key = bytes.fromhex(record["signature"]), bytes.fromhex(record["committee"]["commitments"][0])
    try:
        from py_arkworks_bls12381 import GT, G1Point, G2Point
    except ImportError:
        return signature_holds_py_ecc(message, dst, signature, key)
    point, public = G1Point.from_compressed_bytes(signature), G2Point.from_compressed_bytes(key)
    canonical = bytes(point.to_compressed_bytes()) == signature and public != G2Point.identity()
    return canonical and GT.pairing_check([point, -G1Point.hash_to_curve(message, dst)], [G2Point(), public])


def signature_holds_py_ecc(message, dst, signature, key):
    try:
        from py_ecc.bls import hash_to_curve, point_compression
        from py_ecc.optimized_bls12_381 import G2, curve_order, is_inf, multiply, pairing
    except ImportError:
        return None
    first, second, third = (int.from_bytes(part, "big") for part in (signature, key[:48], key[48:]))
    point, public = point_compression.decompress_G1(first), point_compression.decompress_G2((second, third))
    sound = all(not is_inf(p) and is_inf(multiply(p, curve_order)) for p in (point, public)) and len(signature) == 48
    return sound and pairing(G2, point) == pairing(public, hash_to_curve.hash_to_G1(message, dst, hashlib.sha256))


def checks(record, earlier):
    """For each check: whether it holds (None: not covered), and what it is in Chinese and in English."""
    stated, committee, ids = record["statement"], record["committee"], [c["id"] for c in record["candidates"]]
    same = hashlib.sha256(jcs(record["candidates"])).hexdigest() == stated["candidates_sha256"]
    same &= ids == sorted(set(ids)) and len(ids) == stated["candidates_count"]
    yield same, "候选名单与事先公布的摘要一致、无重复", "candidates match their hash, none twice"
    for party in sorted(stated["commitments"].keys() | record["reveals"].keys()):
        data = f"{stated['draw_id']}\0{party}\0".encode() + bytes.fromhex(record["reveals"].get(party, ""))
        same = tagged("biddraw/v1/commit", data).hex() == stated["commitments"].get(party)
        yield same, f"{party} 的随机数与其承诺一致", f"the reveal of {party} matches its commitment"
    named = {name: committee[name] for name in ("dst", "scheme")} | {"public_key": committee["commitments"][0]}
    yield tagged("bidcommittee/v1/id", jcs(named)).hex() == stated["committee"], "受托人公钥一致", "the announced key"
    yield signature_holds(record), "受托人对本声明的签名有效", "the trustees signed this very statement"
    yield drawn(record) == record["result"], "抽取结果重算一致", "the result is what the tickets give"
    if stated["round"] > 1:
        bound = earlier and {name: earlier[name] for name in ("statement", "signature", "reveals", "result")}
        same = earlier and tagged("biddraw/v1/record", jcs(bound)).hex() == stated["earlier_record_sha256"]
        yield same, "与上一轮抽取记录相连", "it continues the record of the earlier round"


def main(paths):
    try:
        record, earlier, *_ = [json.loads(Path(path).read_bytes()) for path in paths] + [None]
        found = list(checks(record, earlier))
    except Exception as error:  # whatever is wrong with a malformed record, it is not a draw that holds
        found = [(False, "记录无法读取或不完整", f"the record cannot be read or lacks something: {error!r}")]
    for holds, *sentences in found:
        print({True: "ok", False: "FAIL", None: "not covered"}[holds], *sentences, sep=" | ")
    return int(any(holds is False for holds, *_ in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
