"""Signed notes, checkpoints and cosignatures, against the examples of golang.org/x/mod/sumdb/note and of C2SP."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import CryptoError
from crypto.notes import (
    COSIGNATURE,
    ED25519,
    SIGNATURES_AT_MOST,
    Checkpoint,
    Note,
    NoteKey,
    NoteSignature,
    VerifierKey,
    check_cosignature,
    cosign,
    read_checkpoint,
    sign_note,
)

# The key, text and note in the documentation of golang.org/x/mod/sumdb/note, the reference implementation.
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
GO_NOTE = f"{GO_TEXT}\n{GO_LINE}"
# The example of c2sp.org/tlog-cosignature: a log and a witness; its keys are not published there.
C2SP_NOTE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501
LOG = NoteKey("example.com/log", ED25519, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = NoteKey("example.com/witness", COSIGNATURE, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
ROOT = hashlib.sha256(b"root").digest()
TEXT = str(Checkpoint(LOG.name, 7, ROOT))


def go_key():
    return NoteKey("PeterNeumann", ED25519, Ed25519PrivateKey.from_private_bytes(GO_SEED))


# published


def test_the_published_note_is_written_and_read_byte_for_byte():
    assert str(go_key().verifier) == GO_VKEY
    assert str(sign_note(go_key(), GO_TEXT)) == GO_NOTE
    note = Note.parse(GO_NOTE)
    note.verify(VerifierKey.parse(GO_VKEY, ED25519))
    assert (str(note), note.text) == (GO_NOTE, GO_TEXT)


def test_the_published_cosigned_checkpoint_is_read():
    note = Note.parse(C2SP_NOTE)
    found = Checkpoint.parse(note.text)
    assert (found.origin, found.size, found.extensions) == ("example.com/behind-the-sofa", 20852163, ())
    assert str(found) == note.text
    assert str(note) == C2SP_NOTE
    log, witness = note.signatures
    assert (len(log.signature), len(witness.signature)) == (64, 72)
    assert int.from_bytes(witness.signature[:8], "big") == 1679315147  # the time that the specification names


# by hand, from the words of the specifications


def test_a_cosignature_by_hand():
    public = WITNESS.private.public_key().public_bytes_raw()
    key_hash = hashlib.sha256(b"example.com/witness\n\x04" + public).digest()[:4]
    message = b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    blob = key_hash + (1679315147).to_bytes(8, "big") + WITNESS.private.sign(message)
    assert len(blob) == 4 + 72
    line = cosign(WITNESS, TEXT, 1679315147)
    assert str(line) == f"— example.com/witness {base64.b64encode(blob).decode()}\n"
    assert check_cosignature(line, WITNESS.verifier, TEXT) == 1679315147
    vkey = f"example.com/witness+{key_hash.hex()}+{base64.b64encode(bytes([4]) + public).decode()}"
    assert str(WITNESS.verifier) == vkey
    assert VerifierKey.parse(vkey, COSIGNATURE) == WITNESS.verifier


def test_a_checkpoint_by_hand():
    assert f"example.com/log\n7\n{base64.b64encode(ROOT).decode()}\n" == TEXT
    assert str(Checkpoint("o", 0, ROOT, ("more",))).splitlines()[3] == "more"


# whatever is signed is read

SIGNERS = [NoteKey.generate(f"k{n}", ED25519) for n in range(4)]


@given(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",))), st.integers(1, 4))
def test_every_text_survives(text, signers):
    text = text + "\n\nend\n"
    keys = SIGNERS[:signers]
    note = Note(text, tuple(sign_note(key, text).signatures[0] for key in keys))
    again = Note.parse(str(note))
    assert again == note
    for key in keys:
        again.verify(key.verifier)


@given(st.integers(0, 2**63 - 1), st.integers(0, 10**18), st.binary(min_size=32, max_size=32))
def test_every_cosignature_survives_and_fits_no_other_checkpoint(at, size, root):
    text = str(Checkpoint(LOG.name, size, root))
    assert Checkpoint.parse(text) == Checkpoint(LOG.name, size, root)
    line = NoteSignature.parse(str(cosign(WITNESS, text, at)))
    assert check_cosignature(line, WITNESS.verifier, text) == at
    other = str(Checkpoint(LOG.name, size + 1, root))
    with pytest.raises(CryptoError, match="note_signature_wrong"):
        check_cosignature(line, WITNESS.verifier, other)


def witnessed(data):
    """The checkpoint of a note that log and witness signed. Raises CryptoError for any other."""
    read = Note.parse(data)
    read_checkpoint(read, LOG.verifier, LOG.name)
    lines = [line for line in read.signatures if line.is_by(WITNESS.verifier)]
    if not lines:
        raise CryptoError("note_unsigned")
    return [check_cosignature(line, WITNESS.verifier, read.text) for line in lines]


WITNESSED = str(Note(TEXT, (*sign_note(LOG, TEXT).signatures, cosign(WITNESS, TEXT, 5))))


@given(st.integers(0, len(WITNESSED) - 1), st.characters(exclude_categories=("Cs",)))
def test_no_character_of_a_cosigned_note_can_be_changed(place, letter):
    """Either it is no note any more, or no checkpoint of this log, or one of the two signatures no longer holds."""
    letter = letter if letter != WITNESSED[place] else chr(ord(letter) ^ 1)
    with pytest.raises(CryptoError):
        witnessed(WITNESSED[:place] + letter + WITNESSED[place + 1 :])


def test_a_note_as_it_was_cosigned_is_taken():
    assert witnessed(WITNESSED) == [5]


@given(st.text())
def test_any_text_is_read_or_refused(text):
    for parse in (Note.parse, Checkpoint.parse, NoteSignature.parse):
        try:
            parse(text)
        except CryptoError as refused:
            code = refused.code
        else:
            code = ""
        assert code in ("", "note_malformed", "checkpoint_malformed")


# refused

SIGNED = str(sign_note(LOG, TEXT))
LINE = SIGNED.rpartition("\n\n")[2]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "\n",
        TEXT,
        TEXT + LINE,  # no blank line
        TEXT + "\n",  # no signature
        SIGNED[:-1],  # no end
        SIGNED + "\n",
        SIGNED + "x\n",
        SIGNED.replace("\n", "\r\n"),
        SIGNED.replace("log", "l\x00g"),
        SIGNED.replace("log", "l\tg"),
        SIGNED.replace("log", "l\ud800g"),
        SIGNED.replace("— ", "- "),
        SIGNED.replace("— ", "—"),
        TEXT + "\n— a+b " + LINE.rpartition(" ")[2],
        TEXT + "\n—  " + LINE.rpartition(" ")[2],
        TEXT + "\n— a\u00a0b " + LINE.rpartition(" ")[2],
        TEXT + "\n— a AAAA\n",  # three bytes
        TEXT + "\n— a AAAAAA==\n",  # a key hash and nothing
        TEXT + "\n— a AAAAAAB=\n",  # another spelling of the same bytes
        TEXT + "\n— a !!!!\n",
        TEXT + "\n— a \u00e9\n",
        TEXT + "\n" + LINE * (SIGNATURES_AT_MOST + 1),
        "x" * 70_000 + SIGNED,
    ],
)
def test_a_malformed_note_is_refused(wrong):
    with pytest.raises(CryptoError, match="note_malformed"):
        Note.parse(wrong)


def test_sixteen_signatures_are_accepted():
    Note.parse(TEXT + "\n" + LINE * 16).verify(LOG.verifier)


B64 = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "o\n1\n",
        f"o\n1\n{B64}",
        f"\n1\n{B64}\n",
        f"o\n01\n{B64}\n",
        f"o\n-1\n{B64}\n",
        f"o\n+1\n{B64}\n",
        f"o\n١\n{B64}\n",
        f"o\n1 \n{B64}\n",
        f"o\n{'9' * 20}\n{B64}\n",
        "o\n1\nAAAA\n",
        f"o\n1\n{B64[:-1]}\n",
        f"o\n1\n{B64}\n\n",
        f"o\n1\n{B64}\n\nx\n",
        f"o\n1\n{B64}\nx\ty\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(wrong):
    with pytest.raises(CryptoError, match="checkpoint_malformed"):
        Checkpoint.parse(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "PeterNeumann",
        GO_VKEY[:-1],
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("PeterNeumann", "Peter Neumann"),
        GO_VKEY.replace("PeterNeumann", ""),
        GO_VKEY.replace("PeterNeumann", "John"),
        "PeterNeumann+c74f20a3+ARpc",
        str(WITNESS.verifier),  # a witness's key is no log's key
    ],
)
def test_a_malformed_vkey_is_refused(wrong):
    with pytest.raises(CryptoError, match="vkey_malformed"):
        VerifierKey.parse(wrong, ED25519)


def test_who_did_not_sign_is_named():
    note, stranger = sign_note(LOG, TEXT), NoteKey.generate(LOG.name, ED25519)
    for key in (stranger.verifier, WITNESS.verifier):
        with pytest.raises(CryptoError) as refused:
            note.verify(key)
        assert (refused.value.code, refused.value.facts) == ("note_unsigned", {"name": key.name})
    forged = NoteSignature(LOG.name, LOG.verifier.key_hash, note.signatures[0].signature[::-1])
    for signatures in ((forged,), (*note.signatures, forged)):
        with pytest.raises(CryptoError, match="note_signature_wrong"):
            Note(TEXT, signatures).verify(LOG.verifier)


def test_another_log_is_refused():
    assert read_checkpoint(sign_note(LOG, TEXT), LOG.verifier, LOG.name).size == 7
    with pytest.raises(CryptoError, match="checkpoint_foreign"):
        read_checkpoint(sign_note(LOG, TEXT), LOG.verifier, "example.com/other")


def test_a_cosignature_of_another_length_time_or_key_is_refused():
    line = cosign(WITNESS, TEXT, 5)
    for wrong in (line.signature[:-1], line.signature + b"\x00", b"\x80" + line.signature[1:]):
        with pytest.raises(CryptoError, match="note_malformed"):
            check_cosignature(NoteSignature(line.name, line.key_hash, wrong), WITNESS.verifier, TEXT)
    with pytest.raises(CryptoError, match="note_unsigned"):
        check_cosignature(line, NoteKey.generate(WITNESS.name, COSIGNATURE).verifier, TEXT)
    for key, at in ((WITNESS, -1), (WITNESS, 2**63), (LOG, 5)):
        with pytest.raises(CryptoError, match="note_malformed"):
            cosign(key, TEXT, at)


def test_a_key_is_kept_in_pem_with_and_without_a_pass_phrase():
    for phrase in (None, "secret"):
        again = NoteKey.from_pem(LOG.name, ED25519, LOG.to_pem(phrase), phrase)
        assert again.verifier == LOG.verifier
    with pytest.raises(CryptoError, match="key_unreadable"):
        NoteKey.from_pem(LOG.name, ED25519, LOG.to_pem("secret"), "other")
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(CryptoError, match="key_not_ed25519"):
        NoteKey.from_pem(LOG.name, ED25519, other.decode())
    with pytest.raises(CryptoError, match="vkey_malformed"):
        NoteKey.generate("with space", ED25519)
