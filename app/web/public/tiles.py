"""The register's two logs for mirrors and auditors of other make, as C2SP tlog-tiles has them."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from app.extensions import access, platform
from app.permissions.actions import Action
from app.queries.tiles import LOGS, log_checkpoint, log_tile
from crypto.errors import CryptoError
from crypto.tiles import WIDTH, Tile

routes = Blueprint("tiles", __name__, url_prefix="/register/tlog/<log>")
FOR_EVER = "public, max-age=31536000, immutable"


@routes.get("/checkpoint")
@access(Action.RECORD_VERIFY)
def checkpoint(log: str) -> Response:
    """The latest checkpoint with the witnesses' lines."""
    return _answer(log, None)


@routes.get("/<path:tile>")
@access(Action.RECORD_VERIFY)
def tile(log: str, tile: str) -> Response:
    """Hashes of the tree, or a bundle of entries; one that is full never changes."""
    return _answer(log, tile)


def _answer(log: str, path: str | None) -> Response:
    if log not in LOGS:
        abort(404)
    try:
        with platform().database.reading() as db_session:
            if path is None:
                text = log_checkpoint(db_session, log)
                return Response(text, mimetype="text/plain", headers={"Cache-Control": "no-store"})
            tile = Tile.parse(path)
            data = log_tile(db_session, log, tile)
    except CryptoError:
        abort(404)
    kept = {"Cache-Control": FOR_EVER} if tile.width == WIDTH else {}
    return Response(data, mimetype="application/octet-stream", headers=kept)
