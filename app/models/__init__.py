"""Tables: one file per aggregate. Truth is the case file; most others are projections or drafts."""

from app.models.base import Base
from app.models.casefile import AccessLog, ActHead, CaseEvent, CaseFile, CasePrivate, Command, DeniedAttempt
from app.models.drawing import CallUp, Pseudonym
from app.models.files import StoredFile, Upload
from app.models.inspecting import InspectionEntry
from app.models.library import (
    ContactChange,
    ContactLookUp,
    Expert,
    ExpertContact,
    ExpertCorrection,
    ExpertEvent,
    ExpertImport,
    ExpertImportFinding,
    ExpertImportPart,
    ExpertSpeciality,
    SpecialityList,
)
from app.models.people import (
    Account,
    AccountRole,
    Certificate,
    Invitation,
    LogInFailure,
    Organisation,
    RegistrationCheck,
    TrusteeAgent,
    WebSession,
)
from app.models.register import (
    Cosignature,
    ListCosignature,
    ListedAct,
    RegisterTick,
    TickChange,
    WitnessWord,
)
from app.models.serving import (
    ApplicationFile,
    ExpertAbsence,
    ExpertApplication,
    ExpertAppraisal,
    ExpertFee,
    ExpertRequest,
    ExpertTraining,
    FeeSupplement,
    NameRequest,
)
from app.models.sitting import (
    DeskHold,
    IdentityPhoto,
    PendingSignature,
    Presence,
    RecordingPiece,
    ScoreDraft,
    SeatRequest,
    Site,
)
from app.models.tender import Download, Lot, Tender, TenderDraft
from app.models.venues import Booking, BookingEvent, BookingPart, Booth, Room, RoomClosure, SeatBooth
from app.models.work import BidReading, Job, Notice

from app.models import append_only  # isort: skip  # after the tables that it guards

__all__ = [
    "AccessLog", "Account", "AccountRole", "ActHead", "ApplicationFile", "Base", "BidReading", "Booking",
    "BookingEvent", "BookingPart", "Booth", "CallUp", "CaseEvent", "CaseFile", "CasePrivate", "Certificate", "Command",
    "ContactChange",
    "ContactLookUp", "Cosignature", "DeniedAttempt", "DeskHold", "Download", "Expert", "ExpertAbsence",
    "ExpertApplication", "ExpertAppraisal", "ExpertContact", "ExpertCorrection", "ExpertEvent", "ExpertFee",
    "ExpertImport", "ExpertImportFinding", "ExpertImportPart", "ExpertRequest", "ExpertSpeciality", "ExpertTraining",
    "FeeSupplement",
    "IdentityPhoto", "InspectionEntry", "Invitation", "Job", "ListCosignature", "ListedAct", "LogInFailure", "Lot",
    "NameRequest", "Notice", "Organisation", "PendingSignature", "Presence", "Pseudonym", "RecordingPiece",
    "RegisterTick", "RegistrationCheck", "Room", "RoomClosure", "ScoreDraft", "SeatBooth", "SeatRequest", "Site",
    "SpecialityList",
    "StoredFile", "Tender", "TenderDraft", "TickChange", "TrusteeAgent", "Upload", "WebSession", "WitnessWord",
    "append_only",
]  # fmt: skip
