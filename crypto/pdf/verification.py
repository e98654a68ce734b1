"""Is a sealed document whole? The rule of acceptance, for a platform, a client or a regulator's laptop.

After an incremental change common viewers still call the earlier signatures valid, so their verdicts are not enough.
A document is whole when, in this order:

1. it can be read, and carries at least one signature;
2. every signature is intact, by a certificate that leads to a given root and was valid when the signature was made
   (its trusted time stamp, or else the instant given by the verifier);
3. every later revision only filled other signature fields (coverage *and* difference analysis);
4. exactly one signature covers every byte of the file, and it is the seal, by a key that may seal.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from asn1crypto import parser, pem, x509
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_der_x509_crl
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.validation import DocumentSecurityStore, SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from crypto.certificates import verify_certificate
from crypto.errors import CryptoError
from crypto.pdf.chain import complete, load_certificate
from crypto.pdf.verdict import PdfFinding, PdfSignature, PdfVerdict

SEAL_FIELD = "Seal"
SEALING = ("seal", "platform")  # usages of certificates (`crypto.certificates`) whose keys may seal a document
logger = logging.getLogger(__name__)
Revocations = Mapping[tuple[bytes, int], datetime]  # (DER name of the issuer, serial number) → since when


def _trust(roots: list[x509.Certificate], moment: datetime) -> ValidationContext:
    return ValidationContext(trust_roots=roots, moment=moment, allow_fetching=False)


def _revocations(roots: Sequence[x509.Certificate], lists: Sequence[bytes]) -> Revocations:
    """What the lists say that a root itself has signed; others are passed over.

    Looked up here because the path validator reads lists only for certificates that name a distribution point, and a
    centre without public addresses has none.
    """
    issuers = {one.subject.dump(): load_der_public_key(one.public_key.dump()) for one in roots}
    found: dict[tuple[bytes, int], datetime] = {}
    for data in lists:
        revoked = load_der_x509_crl(data)
        name = revoked.issuer.public_bytes()
        if name in issuers and revoked.is_signature_valid(issuers[name]):  # type: ignore[arg-type]
            found |= {(name, entry.serial_number): entry.revocation_date_utc for entry in revoked}
    return found


def _carried_lists(reader: PdfFileReader) -> list[bytes]:
    """The revocation lists that the sealed document itself carries."""
    try:
        return [item.get_object().data for item in DocumentSecurityStore.read_dss(reader).crls]
    except NoDSSFoundError:
        return []


def _covers_whole(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Whether everything but this signature's own hexadecimal string is signed, checked on the bytes themselves."""
    ranges = [int(number) for number in signature.byte_range]
    if len(ranges) != 4:
        return False
    first, length, start, rest = ranges
    contents = signature.pkcs7_content
    padding = contents[parser.peek(contents) :]
    return (
        first == 0
        and start + rest == len(pdf)
        and pdf[length:start].lower() == b"<" + contents.hex().encode() + b">"
        and not any(padding)
    )


def _stated(signature: EmbeddedPdfSignature, otherwise: datetime) -> datetime:
    """The instant that the signature's time stamp states, unchecked; `otherwise` where it has none."""
    for stamp in extract_tst_data_iter(signature.signer_info, signed=False):
        stated: datetime = stamp["encap_content_info"]["content"].parsed["gen_time"].native
        return stated
    return otherwise


async def _status(signature: EmbeddedPdfSignature, roots: list[x509.Certificate], at: datetime) -> PdfSignatureStatus:
    """The full validation, as of the signature's own trusted time stamp if it has one.

    Only the validation shows whether a time stamp can be trusted: if it cannot, everything is validated again as of
    another instant.
    """
    now, moment = _trust(roots, at), _stated(signature, at)
    status = await async_validate_pdf_signature(signature, _trust(roots, moment), now)
    stamp = status.timestamp_validity
    right = stamp.timestamp if stamp is not None and stamp.valid and stamp.trusted else at
    return status if right == moment else await async_validate_pdf_signature(signature, _trust(roots, right), now)


def _usage(certificate: x509.Certificate, roots: Sequence[x509.Certificate], at: datetime) -> str:
    try:
        return verify_certificate(_pem(certificate), [_pem(root) for root in roots], at).usage
    except CryptoError:
        return "person"  # of another authority, or not in order: then the seal is refused, or named by its key


def _pem(certificate: x509.Certificate) -> str:
    return str(pem.armor("CERTIFICATE", certificate.dump()).decode("ascii"))


def _described(
    pdf: bytes, signature: EmbeddedPdfSignature, status: PdfSignatureStatus, roots: list[x509.Certificate], at: datetime
) -> PdfSignature:
    certificate = signature.signer_cert
    stamp = status.timestamp_validity
    stamped = stamp is not None and stamp.valid and stamp.trusted
    claimed = stamp.timestamp if stamp is not None and stamped else status.signer_reported_dt
    return PdfSignature(
        field=str(signature.field_name),
        signer=str(certificate.subject.native.get("common_name", "")),
        key_id=hashlib.sha256(certificate.public_key.dump()).hexdigest(),
        usage=_usage(certificate, roots, claimed if stamped and claimed else at),
        covers_whole=status.coverage == SignatureCoverageLevel.ENTIRE_FILE and _covers_whole(pdf, signature),
        intact=bool(status.intact and status.valid),
        trusted=bool(status.trusted),
        signed_at=claimed.astimezone(UTC) if claimed else None,
        timestamped=stamped,
    )


def _findings(
    signature: EmbeddedPdfSignature,
    status: PdfSignatureStatus,
    found: PdfSignature,
    revocations: Revocations,
    at: datetime,
) -> Iterable[PdfFinding]:
    if not found.intact:
        yield PdfFinding("pdf_signature_broken", found.field)
    if not found.trusted:
        yield PdfFinding("pdf_signer_not_trusted", found.field)
    revoked_at = revocations.get((signature.signer_cert.issuer.dump(), signature.signer_cert.serial_number))
    if revoked_at and revoked_at <= (found.signed_at if found.timestamped and found.signed_at else at):
        yield PdfFinding("pdf_signer_revoked", found.field)
    if status.timestamp_validity is not None and not found.timestamped:
        yield PdfFinding("pdf_timestamp_not_trusted", found.field)
    # pyHanko's summary passes a replaced page: the difference analysis itself must have succeeded.
    revision = status.coverage in (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
    if not revision or not isinstance(status.diff_result, DiffResult) or not status.docmdp_ok:
        yield PdfFinding("pdf_changed_after_signature", found.field)


def _seal_findings(found: Sequence[PdfSignature], seal_field: str, seal_key_id: str | None) -> Iterable[PdfFinding]:
    seals = [one for one in found if one.field == seal_field]
    covering = [one.field for one in found if one.covers_whole]
    if not seals:
        yield PdfFinding("pdf_seal_missing", seal_field)
    elif covering != [seal_field]:
        yield PdfFinding("pdf_seal_not_last", seal_field)
    if any(one.key_id != seal_key_id if seal_key_id else one.usage not in SEALING for one in seals):
        yield PdfFinding("pdf_seal_of_another", seal_field)


async def _verify(
    pdf: bytes, roots: list[x509.Certificate], at: datetime, lists: Sequence[bytes]
) -> tuple[list[PdfSignature], list[PdfFinding]]:
    reader = PdfFileReader(io.BytesIO(pdf))
    revocations = _revocations(roots, [*lists, *_carried_lists(reader)])
    signatures: list[PdfSignature] = []
    reasons: list[PdfFinding] = []
    for signature in reader.embedded_signatures:
        status = await _status(signature, roots, at)
        found = _described(pdf, signature, status, roots, at)
        signatures.append(found)
        reasons += _findings(signature, status, found, revocations, at)
    return signatures, reasons


def verify_pdf(
    pdf: bytes,
    roots: Sequence[str],
    at: datetime,
    *,
    seal_field: str = SEAL_FIELD,
    seal_key_id: str | None = None,
    crls: Sequence[str] = (),
) -> PdfVerdict:
    """The verdict on a sealed document.

    `roots`: trusted certificates (PEM). `at`: the instant (aware UTC) for signatures without a trusted time stamp, and
    for the stamps' own certificates. `seal_key_id`: the only key whose seal counts; without it, any that the
    platform's authority certified for sealing. Who signed the other fields is for the caller to compare with the case
    file, by `key_id`. `crls`: revocation lists (PEM)
    beside those that the document carries: a signature made after its certificate was revoked is refused.
    Raises CryptoError `certificate_unreadable` for a bad root; whatever is wrong with the PDF is in the verdict.
    """
    trusted = [load_certificate(root) for root in roots]
    lists = [pem.unarmor(one.encode())[2] for one in crls]

    try:
        found, reasons = complete(_verify(pdf, trusted, at, lists))
    except Exception:  # a hostile file can fail in the reader in any way; none of them may pass, or stop a batch
        logger.info("a document could not be read", exc_info=True)
        return PdfVerdict((), sealed_last=False, whole=False, reasons=(PdfFinding("pdf_unreadable"),))
    about_seal = list(_seal_findings(found, seal_field, seal_key_id))
    return PdfVerdict(tuple(found), not about_seal, not (reasons or about_seal), (*reasons, *about_seal))
