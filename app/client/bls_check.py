"""Whether a BLS signature fits: BLS12-381, signature in G1 (48 bytes), public key in G2 (96 bytes), in plain Python.

For public data only: nothing here is secret, so nothing takes care of time. One code serves both curves: a field
element of Fp2 is the pair (a, b) for a + b·u with u² = -1 (b = 0 on G1), a point is affine, infinity is None. An
element of Fp12 is the list of its 12 coefficients over Fp as a polynomial in w, where w⁶ = 1 + u and so
w¹² = 2w⁶ - 2; a product of two is one product of long integers. Compared in the tests with arkworks, py_ecc and the
vectors of RFC 9380 (J.9.1).
"""

import hashlib

P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
X = 0xD201000000010000  # the curve's parameter is -X
ZERO, ONE, XI = (0, 0), (1, 0), (1, 1)
B_G1, B_G2 = (4, 0), (4, 4)  # y² = x³ + 4, and its twist y² = x³ + 4(1 + u)
G2 = (
    (
        0x024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8,
        0x13E02B6052719F607DACD3A088274F65596BD0D09920B61AB5DA61BBDC7F5049334CF11213945D57E5AC7D055D042B7E,
    ),
    (
        0x0CE5D527727D6E118CC9CDC6DA2E351AADFD9BAA8CBDD3A76D429A695160D12C923AC9CC3BACA289E193548608B82801,
        0x0606C4A02EA734CC32ACD2B02BC28B99CB3E287E85A763AF267492AB572E99AB3F370D275CEC1DA1AAA9075FF05F79BE,
    ),
)
# RFC 9380, 8.8.1: the curve y² = x³ + A·x + B that the hash is mapped to first. Its map to G1 divides by the subgroup
# of order 11 whose points have these x: the 53 coefficients of appendix E.2 are Vélu's formula for it, scaled by 1/11.
SWU_A = 0x144698A3B8E9433D693A02C96D4982B0EA985383EE66A8D8E8981AEFD881AC98936F8DA0E0F97F5CF428082D584C1D
SWU_B = 0x12E2908D11688030018B12E8753EEE3B2016C1F0F24F4070A0B9C14FCEF35EF55A23215A316CEAA5D1CC48E98E172BE0
SWU_Z = 11
KERNEL = (
    0x010EF325DD1E98BDF0D97A4C6B7F968ED7F31F2FBFF088ACB39D5319CFC261EA18773405F325612742F0C5D90634BCF4,
    0x0D7F2D0D03AE035321EED4C1479D13251ABF0E9A96479623EB5380B575E319851FB5E5A8B43B9C1A46880F54BF2B2F7C,
    0x105249B4CAC630CE5AA18E6C1189A18C82019B4E12E491FBAC012C259CA3A67F638560B8BB416AF02A4724385ED0FC8E,
    0x140D41735B10CE710727CD9356905701A2B866B803BAA468948B7F423DDCC560C9A8F1CD5F8ED4297C37464FB8BFE4A7,
    0x1665A9C648E78314490A94F654D9B1039AB85847223BFAED9AA54F0F07736D122D1CECA1AC0E9123E753FDE16E97C3D7,
)


def add2(s, t):
    return (s[0] + t[0]) % P, (s[1] + t[1]) % P


def sub2(s, t):
    return (s[0] - t[0]) % P, (s[1] - t[1]) % P


def mul2(s, t):
    (a, b), (c, d) = s, t
    return (a * c - b * d) % P, (a * d + b * c) % P


def inv2(s):
    a, b = s
    norm = pow(a * a + b * b, -1, P)
    return a * norm % P, -b * norm % P


def power(base, exponent, product, one):
    """`base` to the `exponent` under `product`, from the highest bit down."""
    result = one
    for bit in bin(exponent)[2:]:
        result = product(result, result)
        if bit == "1":
            result = product(result, base)
    return result


def pow2(s, exponent):
    return power(s, exponent, mul2, ONE)


def sqrt2(s):
    """A square root in Fp2, or None (Adj and Rodríguez-Henríquez 2012, for P = 3 modulo 4)."""
    first = pow2(s, (P - 3) // 4)
    root, alpha = mul2(first, s), mul2(mul2(first, first), s)
    root = mul2((0, 1), root) if alpha == (P - 1, 0) else mul2(pow2(add2(ONE, alpha), (P - 1) // 2), root)
    return root if mul2(root, root) == s else None


def slope(one, two):
    """Of the line through two points, or of the tangent where they are one; None for a vertical line."""
    (x, y), (x2, y2) = one, two
    if x != x2:
        return mul2(sub2(y2, y), inv2(sub2(x2, x)))
    return mul2(mul2((3, 0), mul2(x, x)), inv2(add2(y, y))) if y == y2 and y != ZERO else None


def plus(one, two):
    """The sum of two points of G1's or G2's curve."""
    if one is None or two is None:
        return two if one is None else one
    rise = slope(one, two)
    if rise is None:
        return None
    x = sub2(sub2(mul2(rise, rise), one[0]), two[0])
    return x, sub2(mul2(rise, sub2(one[0], x)), one[1])


def times(point, factor):
    return power(point, factor, plus, None)


def read_point(data, size, b):
    """The point of its compressed bytes (ZCash format), or None for whatever is no point of order ORDER there."""
    if len(data) != size or not data[0] & 0x80 or data[0] & 0x40:  # compressed, and not infinity
        return None
    parts = [int.from_bytes(bytes([data[0] & 0x1F]) + data[1:48], "big"), int.from_bytes(data[48:], "big")]
    x = (parts[0], 0) if size == 48 else (parts[1], parts[0])
    y = sqrt2(add2(mul2(mul2(x, x), x), b)) if max(parts) < P else None
    if y is None:
        return None
    larger = (y[1] or y[0]) > P // 2
    point = x, y if larger == bool(data[0] & 0x20) else sub2(ZERO, y)
    return point if times(point, ORDER) is None else None


def expanded(message, tag, size):
    """expand_message_xmd of RFC 9380, 5.3.1, with SHA-256."""
    tag += bytes([len(tag)])
    start = hashlib.sha256(bytes(64) + message + size.to_bytes(2, "big") + b"\0" + tag).digest()
    block = hashlib.sha256(start + b"\1" + tag).digest()
    blocks = [block]
    for number in range(2, -(-size // 32) + 1):
        block = hashlib.sha256(bytes(a ^ b for a, b in zip(start, block, strict=True)) + bytes([number]) + tag).digest()
        blocks.append(block)
    return b"".join(blocks)[:size]


def swu(u):
    """The simplified map of RFC 9380, 6.6.2: a point of the curve with SWU_A and SWU_B for a number modulo P."""
    z = SWU_Z * u * u % P
    denominator = z * z + z
    if denominator % P:
        x = -SWU_B * (1 + pow(denominator, -1, P)) * pow(SWU_A, -1, P)
    else:
        x = SWU_B * pow(SWU_Z * SWU_A, -1, P)
    for candidate in (x % P, z * x % P):
        square = (candidate**3 + SWU_A * candidate + SWU_B) % P
        y = pow(square, (P + 1) // 4, P)
        if y * y % P == square:
            return candidate, y if y % 2 == u % 2 else P - y
    raise ArithmeticError("one of the two is a square")


def to_g1(x, y):
    """Vélu's formula for the subgroup KERNEL, and the isomorphism to y² = x³ + 4."""
    image, derivative = x, 1
    for kernel in KERNEL:
        t, u = 2 * (3 * kernel * kernel + SWU_A), 4 * (kernel**3 + SWU_A * kernel + SWU_B)
        over = pow(x - kernel, -1, P)
        image += t * over + u * over**2
        derivative -= t * over**2 + 2 * u * over**3
    return (image * pow(11, -2, P) % P, 0), (y * derivative * pow(11, -3, P) % P, 0)


def hash_to_g1(message, tag):
    """RFC 9380, suite BLS12381G1_XMD:SHA-256_SSWU_RO_, under a tag of at most 255 bytes."""
    data = expanded(message, tag, 128)
    one, two = (to_g1(*swu(int.from_bytes(part, "big") % P)) for part in (data[:64], data[64:]))
    return times(plus(one, two), X + 1)


def packed(f):
    """The coefficients side by side in one integer, each with room for the sums of a product."""
    return int.from_bytes(b"".join(c.to_bytes(96, "little") for c in f), "little")


def mul12(f, g):
    data = (packed(f) * packed(g)).to_bytes(96 * 24, "little")
    c = [int.from_bytes(data[at : at + 96], "little") for at in range(0, 96 * 23, 96)]
    for at in range(22, 11, -1):  # w¹² = 2w⁶ - 2
        c[at - 6] += 2 * c[at]
        c[at - 12] -= 2 * c[at]
    return [one % P for one in c[:12]]


def over_fp(s, place):
    """An element of Fp2 times w to the `place` < 6: u = w⁶ - 1."""
    return [(s[0] - s[1]) % P if at == place else s[1] if at == place + 6 else 0 for at in range(12)]


ONE12 = over_fp(ONE, 0)
_TURNS = [ONE12]  # w⁰ to w¹¹, each to the P; w to the P is w·(1 + u) to the (P - 1)/6, since P = 1 modulo 6
while len(_TURNS) < 12:
    _TURNS.append(mul12(_TURNS[-1], over_fp(pow2(XI, (P - 1) // 6), 1)))


def frobenius(f, often=1):
    """`f` to the P, so often."""
    for _ in range(often):
        f = [sum(c * turn[at] for c, turn in zip(f, _TURNS, strict=True)) % P for at in range(12)]
    return f


def conjugate(f):
    """`f` to the P⁶: w becomes -w."""
    return [-c % P if at % 2 else c for at, c in enumerate(f)]


def inverse(f):
    """By the norm: the product of all twelve conjugates lies in Fp."""
    others, turned = ONE12, f
    for _ in range(11):
        turned = frobenius(turned)
        others = mul12(others, turned)
    norm = pow(mul12(f, others)[0], -1, P)
    return [c * norm % P for c in others]


def line(g1, one, two):
    """The line through two points of the twist at a point of G1, times w³ (which the final exponentiation removes)."""
    rise = slope(one, two)
    value = [0] * 12
    for at, part in ((0, sub2(mul2(rise, one[0]), one[1])), (2, mul2(rise, (-g1[0][0], 0))), (3, g1[1])):
        value = [a + b for a, b in zip(value, over_fp(part, at), strict=True)]
    return value


def miller(pairs):
    """The product of the Miller loops of (point of G1, point of G2), conjugated, as the parameter is negative."""
    f, running = ONE12, [g2 for _, g2 in pairs]
    for bit in bin(X)[3:]:
        f = mul12(f, f)
        for at, (g1, g2) in enumerate(pairs):
            f, running[at] = mul12(f, line(g1, running[at], running[at])), plus(running[at], running[at])
            if bit == "1":
                f, running[at] = mul12(f, line(g1, running[at], g2)), plus(running[at], g2)
    return conjugate(f)


def to_x(f):
    """`f`, of the cyclotomic subgroup where the inverse is the conjugate, to the curve's parameter -X."""
    return conjugate(power(f, X, mul12, ONE12))


def final(f):
    """`f` to 3(P¹² - 1)/ORDER; the hard part is (x-1)²(x+P)(x²+P²-1) + 3 (Hayashida, Hayasaka, Teruya 2020)."""
    f = mul12(conjugate(f), inverse(f))
    f = mul12(frobenius(f, 2), f)
    g = mul12(to_x(f), conjugate(f))
    g = mul12(to_x(g), conjugate(g))
    g = mul12(to_x(g), frobenius(g))
    g = mul12(mul12(to_x(to_x(g)), frobenius(g, 2)), conjugate(g))
    return mul12(g, mul12(f, mul12(f, f)))


def signature_fits(signature, message, tag, public_key):
    """Whether e(signature, G2) = e(hash of the message, public key): `tag` names what is signed (RFC 9380, 3.1)."""
    point, key = read_point(signature, 48, B_G1), read_point(public_key, 96, B_G2)
    if point is None or key is None:
        return False
    x, y = hash_to_g1(message, tag)
    return final(miller([(point, G2), ((x, sub2(ZERO, y)), key)])) == ONE12
