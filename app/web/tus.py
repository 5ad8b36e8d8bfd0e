"""The headers of tus 1.0, read strictly."""

import base64
import binascii
import re
from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from app.domain.errors import InvalidRequest
from app.domain.uploads import CHECKSUMS, Checksum
from app.web.schemas import Name, Options

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
CHUNK = "application/offset+octet-stream"
#: A length with more digits is wrong for sure, and would not fit into the database.
NUMBER = re.compile(r"[0-9]{1,18}")


class Metadata(Options):
    """What `Upload-Metadata` may say: the file, and the options of its job."""

    filename: Name | None = None
    #: Not believed: what it is shows in its bytes.
    filetype: Annotated[str, Field(max_length=200)] | None = None


def check_version(request: Request) -> None:
    asked = request.headers.get("tus-resumable")
    if asked != VERSION:
        raise InvalidRequest(
            f"Tus-Resumable: {asked or 'is missing'}",
            code="upload.version",
            hint=f"this is tus {VERSION}",
        )


def check_chunk_type(request: Request) -> None:
    if request.headers.get("content-type", "").strip().lower() != CHUNK:
        raise InvalidRequest(f"Content-Type: must be {CHUNK}", code="upload.content_type")


def number(request: Request, name: str) -> int:
    """Raises InvalidRequest unless the header is there, and decimal."""
    said = request.headers.get(name)
    if said is None or not NUMBER.fullmatch(said):
        raise wrong(f"{name}: {'is missing' if said is None else 'no number of bytes'}")
    return int(said)


def chunk_size(request: Request) -> int | None:
    """Bytes of the body, where the client says so."""
    return number(request, "Content-Length") if "content-length" in request.headers else None


def upload_length(request: Request) -> int:
    if "upload-defer-length" in request.headers:
        raise wrong("Upload-Defer-Length: the length must be known when the upload begins")
    return number(request, "Upload-Length")


def checksum(request: Request) -> Checksum | None:
    said = request.headers.get("upload-checksum")
    if said is None:
        return None
    algorithm, _, digest = said.partition(" ")
    if algorithm not in CHECKSUMS:
        raise wrong(f"Upload-Checksum: one of {', '.join(CHECKSUMS)}, then the digest in Base64")
    return Checksum(algorithm=algorithm, digest=_decoded("Upload-Checksum", digest))


def metadata(request: Request) -> Metadata:
    """Raises InvalidRequest, or ValidationError naming what is wrong or unknown."""
    found: dict[str, str] = {}
    for pair in filter(str.strip, request.headers.get("upload-metadata", "").split(",")):
        key, _, value = pair.strip().partition(" ")
        if key in found:
            raise InvalidRequest(f"Upload-Metadata: {key}: given twice")
        try:
            found[key] = _decoded(f"Upload-Metadata: {key}", value).decode()
        except UnicodeDecodeError as error:
            raise InvalidRequest(f"Upload-Metadata: {key}: not UTF-8") from error
    return Metadata.model_validate_strings(found)


def _decoded(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong(f"{name}: not Base64") from error


def wrong(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="upload.header")
