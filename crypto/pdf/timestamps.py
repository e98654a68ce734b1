"""Time stamps by the platform's own authority, in process (RFC 3161)."""

# pyHanko leaves some constructors unannotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from asn1crypto import algos, cms, core, tsp, x509
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.timestamps import TimeStamper

from crypto.pdf.chain import load_certificate
from crypto.signing import SigningKey

# "Any policy" (RFC 5280 §4.2.1.4): the platform publishes no numbered time-stamping policy.
POLICY = "2.5.29.32.0"
SHA256 = algos.DigestAlgorithm({"algorithm": "sha256"})


class LocalTimeStamper(TimeStamper):
    """Answers time-stamp requests with an ECDSA P-256 key.

    `certificate_pem` must carry extendedKeyUsage timeStamping, critical and alone (RFC 3161 §2.3); `chain_pems`: its
    issuers. `clock`: the current instant, aware UTC; the token tells it in whole seconds, rounded down.
    Raises CryptoError `certificate_unreadable`.
    """

    def __init__(
        self,
        key: SigningKey,
        certificate_pem: str,
        chain_pems: Sequence[str],
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(include_nonce=True)
        self.key = key
        self.certificate = load_certificate(certificate_pem)
        self.chain = [load_certificate(one) for one in chain_pems]
        self.clock = clock

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        granted = tsp.PKIStatusInfo({"status": tsp.PKIStatus("granted")})
        info = self._info(req)
        signed = {
            "version": "v3",
            "digest_algorithms": cms.DigestAlgorithms((SHA256,)),
            "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(info)},
            "certificates": [self.certificate, *self.chain],
            "signer_infos": [self._signer_info(info)],
        }
        token = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})
        return tsp.TimeStampResp({"status": granted, "time_stamp_token": token})

    def _info(self, request: tsp.TimeStampReq) -> bytes:
        info = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": request["message_imprint"],
            "serial_number": secrets.randbits(127) + 1,
            "gen_time": self.clock().replace(microsecond=0),
            "tsa": x509.GeneralName(name="directory_name", value=self.certificate.subject),
        }
        if request["nonce"].native is not None:
            info["nonce"] = request["nonce"]
        return bytes(tsp.TSTInfo(info).dump())

    def _signer_info(self, info: bytes) -> cms.SignerInfo:
        attributes = cms.CMSAttributes(
            [
                simple_cms_attribute("content_type", "tst_info"),
                simple_cms_attribute("signing_time", cms.Time({"utc_time": core.UTCTime(self.clock())})),
                simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(self.certificate)),
                simple_cms_attribute("message_digest", hashlib.sha256(info).digest()),
            ]
        )
        issuer = {"issuer": self.certificate.issuer, "serial_number": self.certificate.serial_number}
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(issuer)}),
                "digest_algorithm": SHA256,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signed_attrs": attributes,
                "signature": self.key.sign_der(attributes.dump()),
            }
        )
