"""A signature in a PDF by a key that is not here, in three steps, and the centre's seal, which takes all three at once.

1. `prepare_signature` writes the next revision with a hole in it and gives the attributes to sign (about 250 bytes).
2. The person's own device signs them; nothing here sees the key.
3. `finish_signature`, perhaps in another process, checks the signature, has it time-stamped and fills the hole.

Signatures are strictly one after another: each revision contains the former ones, so a state that was prepared on an
older revision than the current one is for the caller to discard.
"""

# pyHanko leaves some constructors unannotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, crl, pem, x509
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import ExternalSigner
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigAppearanceSetup, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from crypto.canonical import canonical, parse
from crypto.errors import CryptoError
from crypto.pdf.chain import complete, load_certificate
from crypto.signing import SigningKey, raw_to_der, verify

STATE = "pdfprepared/v1"
# Hex digits kept free for the CMS: chain, signature and time stamp take about 4 KiB of DER.
HOLE = 16 * 1024
ECDSA_SHA256 = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
FILLED = SimpleBoxLayoutRule(
    x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins(0, 0, 0, 0)
)
# The seal ends the document: no field may be filled and nothing added after it (ISO 32000-2 §12.8.2.4).
NOTHING_MORE = SigMDPSetup(
    "sha256", field_lock=fields.FieldMDPSpec(fields.FieldMDPAction.ALL), docmdp_perms=fields.MDPPerm.NO_CHANGES
)


@dataclass(frozen=True)
class Prepared:
    """A revision that waits for its signature.

    `to_sign`: the DER signed attributes, to be signed with ECDSA P-256 over SHA-256.
    `document`: the revision with the hole, to show to the signer, whose device checks it with `verify_to_sign`.
    `hole`: its first byte and the one after its last; SHA-256 of all others is the digest that `to_sign` promises.
    `state`: all that `finish_signature` needs, as bytes to store; it contains `document`.
    """

    to_sign: bytes
    document: bytes
    hole: tuple[int, int]
    state: bytes


class _Page(PdfContent):
    """The first page of another PDF, drawn as the appearance of a field."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__()
        self.pdf = pdf

    def render(self) -> bytes:
        form = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self.pdf)))
        self.resources.xobject["/Appearance"] = form
        left, bottom, right, top = form.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return b"/Appearance Do"


def _signer(certificate: x509.Certificate, chain: Sequence[x509.Certificate], signature: bytes) -> ExternalSigner:
    registry = SimpleCertificateStore()
    registry.register_multiple(chain)
    return ExternalSigner(certificate, registry, signature, ECDSA_SHA256, embed_roots=False)


def _open(pdf: bytes, field: str) -> IncrementalPdfFileWriter:
    """A writer of the next revision. Raises CryptoError `pdf_unreadable`, `pdf_field_missing`, `pdf_field_signed`."""
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        found = {name: value for name, value, _ in fields.enumerate_sig_fields(writer)}
    except Exception as exc:  # a foreign file can fail in the reader in any way; all of them mean the same here
        raise CryptoError("pdf_unreadable") from exc
    if field not in found:
        raise CryptoError("pdf_field_missing", field=field)
    if found[field] is not None:
        raise CryptoError("pdf_field_signed", field=field)
    return writer


def _appearance(pdf: bytes | None, signed_at: datetime) -> SigAppearanceSetup | None:
    if pdf is None:
        return None
    style = StaticStampStyle(border_width=0, background=_Page(pdf), background_opacity=1.0, background_layout=FILLED)
    return SigAppearanceSetup(style, timestamp=signed_at, name=None)


def _with_hole(
    writer: IncrementalPdfFileWriter, field: str, setup: SigObjSetup
) -> tuple[PreparedByteRangeDigest, bytes]:
    """The next revision up to its signature, and where that will go. The steps are pyHanko's `PdfCMSEmbedder` ones."""
    steps = PdfCMSEmbedder().write_cms(field, writer, existing_fields_only=True)
    next(steps)
    steps.send(setup)
    hole, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    return hole, output.getvalue()


def _prepare(
    writer: IncrementalPdfFileWriter,
    field: str,
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    signed_at: datetime,
    appearance: bytes | None,
    mdp: SigMDPSetup | None,
) -> Prepared:
    placeholder = SignatureObject(signed_at, fields.SigSeedSubFilter.PADES, bytes_reserved=HOLE)
    setup = SigObjSetup(placeholder, mdp, _appearance(appearance, signed_at))
    hole, document = _with_hole(writer, field, setup)
    signer = _signer(certificate, chain, b"")
    to_sign = complete(signer.signed_attrs(hole.document_digest, "sha256", use_pades=True)).dump()
    limits = (hole.reserved_region_start, hole.reserved_region_end)
    header = {
        "v": STATE,
        "certificate": certificate.dump().hex(),
        "chain": [one.dump().hex() for one in chain],
        "to_sign": to_sign.hex(),
        "digest": hole.document_digest.hex(),
        "hole": limits,
    }
    return Prepared(to_sign, document, limits, canonical(header) + b"\n" + document)


def prepare_signature(
    pdf: bytes,
    *,
    field: str,
    certificate_pem: str,
    chain_pems: Sequence[str],
    signed_at: datetime,
    appearance: bytes | None = None,
) -> Prepared:
    """The next revision of `pdf`, with `field` waiting for the signature of the certificate's key.

    `chain_pems`: the issuers up to the root. `signed_at`: aware UTC, the claimed time (/M). `appearance`: one page of
    PDF, drawn into the field.
    Raises CryptoError `pdf_unreadable`, `pdf_field_missing`, `pdf_field_signed`, `certificate_unreadable`.
    Source: ETSI EN 319 142-1 (PAdES baseline).
    """
    certificate, chain = load_certificate(certificate_pem), [load_certificate(one) for one in chain_pems]
    return _prepare(_open(pdf, field), field, certificate, chain, signed_at, appearance, None)


def verify_to_sign(to_sign: bytes, document: bytes, field: str) -> None:
    """Returns when `to_sign` speaks of `document`, whole, with its hole in `field`: what a signer's device checks.

    Raises CryptoError `pdf_unreadable`, `pdf_field_missing`, `pdf_other_document`.
    """
    try:
        found = {name: value for name, value, _ in fields.enumerate_sig_fields(PdfFileReader(io.BytesIO(document)))}
        filled = found.get(field)
        ranges = [int(number) for number in filled.get_object()["/ByteRange"]] if filled else []
        promised = {one["type"].native: one["values"].native for one in cms.CMSAttributes.load(to_sign)}
    except Exception as exc:  # as in `_open`
        raise CryptoError("pdf_unreadable") from exc
    if len(ranges) != 4:
        raise CryptoError("pdf_field_missing", field=field)
    _, length, start, rest = ranges
    shown = hashlib.sha256(document[:length] + document[start:]).digest()
    if ranges[0] != 0 or start + rest != len(document) or promised.get("message_digest") != [shown]:
        raise CryptoError("pdf_other_document", field=field)


def _unpack(state: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, document = state.partition(b"\n")
    try:
        header = parse(head)
    except CryptoError as exc:
        raise CryptoError("pdf_state_unreadable") from exc
    if not isinstance(header, dict) or header.get("v") != STATE:
        raise CryptoError("pdf_state_unreadable")
    return header, document


def finish_signature(state: bytes, signature: bytes, timestamper: TimeStamper | None) -> bytes:
    """The signed revision.

    `state`: of `Prepared`. `signature`: 64 bytes r || s over `to_sign`. `timestamper`: of RFC 3161, or None.
    Raises CryptoError `pdf_state_unreadable`, `signature_malformed`, `signature_wrong`, `pdf_signature_too_large`.
    """
    header, document = _unpack(state)
    certificate = x509.Certificate.load(bytes.fromhex(header["certificate"]))
    chain = [x509.Certificate.load(bytes.fromhex(one)) for one in header["chain"]]
    to_sign = bytes.fromhex(header["to_sign"])
    verify(certificate.public_key.dump(), to_sign, signature)
    signer = _signer(certificate, chain, raw_to_der(signature))
    attributes = cms.CMSAttributes.load(to_sign)
    filling = signer.async_sign_prescribed_attributes("sha256", attributes, timestamper=timestamper)
    output = io.BytesIO(document)
    try:
        hole = PreparedByteRangeDigest(bytes.fromhex(header["digest"]), *header["hole"])
        hole.fill_with_cms(output, complete(filling))
    except SigningError as exc:
        raise CryptoError("pdf_signature_too_large", limit=HOLE // 2) from exc
    return output.getvalue()


def _carry_validation_data(
    writer: IncrementalPdfFileWriter, chain: Sequence[x509.Certificate], crls: Sequence[str]
) -> None:
    """Puts every signer's certificates and the revocation lists into the DSS (ISO 32000-2 §12.8.4.3)."""
    signers = {one.dump(): one for one in chain}
    for signature in writer.prev.embedded_signatures:
        for one in (signature.signer_cert, *signature.other_embedded_certs):
            signers[one.dump()] = one
    lists = [crl.CertificateList.load(pem.unarmor(one.encode())[2]) for one in crls]
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=list(signers.values()), crls=lists)


def seal(
    pdf: bytes,
    *,
    field: str,
    key: SigningKey,
    certificate_pem: str,
    chain_pems: Sequence[str],
    signed_at: datetime,
    timestamper: TimeStamper | None,
    appearance: bytes | None = None,
    crls: Sequence[str] = (),
) -> bytes:
    """The last revision: the centre's seal over everything, with the certificates and `crls` (PEM) for later.

    Raises CryptoError as `prepare_signature` and `finish_signature` do.
    """
    certificate, chain = load_certificate(certificate_pem), [load_certificate(one) for one in chain_pems]
    writer = _open(pdf, field)
    _carry_validation_data(writer, [certificate, *chain], crls)
    prepared = _prepare(writer, field, certificate, chain, signed_at, appearance, NOTHING_MORE)
    return finish_signature(prepared.state, key.sign(prepared.to_sign), timestamper)
