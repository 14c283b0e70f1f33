"""What can go wrong, by name.

Every error carries a wire ``code``, frozen once released (spec http-api §5), a text for people, and
``extra`` members for the JSON answer (contract A20). Nothing here knows HTTP: ``web.failures`` maps
classes to statuses.
"""

from __future__ import annotations

from typing import ClassVar


class PictdError(Exception):
    """An error with a code that clients may rely on.

    :ivar extra: JSON members beside ``code`` and ``msg``.
    """

    code: ClassVar[str] = "unknown-error"
    text: ClassVar[str] = "Request failed"

    def __init__(self, text: str | None = None, **extra: object) -> None:
        super().__init__(text or self.text)
        self.extra = extra


# What was asked


class BadRequest(PictdError):
    """The request itself is wrong."""


class InvalidQuery(BadRequest):
    """A query parameter is missing, repeated, or does not parse; ``field`` names it."""

    code, text = "invalid-query", "The query is invalid"


class InvalidJson(BadRequest):
    """The body is not the JSON that the route takes."""

    code, text = "invalid-json", "The body is not valid JSON"


class BadForm(BadRequest):
    """The multipart form is malformed, or holds what is not a file."""

    code, text = "file-upload-error", "The form is malformed"


class FormWithoutFiles(BadRequest):
    """A well-formed form that holds no file."""

    code, text = "validate-no-files", "No files present in upload"


class BadDeadline(BadRequest):
    """The ``X-Request-Deadline`` header is not a moment."""

    code, text = "parse-deadline", "Invalid deadline format"


class BadOutputExtension(BadRequest):
    """The extension of ``process`` names no output format."""

    code, text = "invalid-file-extension", "Process endpoint was called with invalid extension"


class BadOperation(BadRequest):
    """An operation's name or value is wrong; ``field`` names it."""

    code, text = "invalid-process-path", "Provided process path is invalid"


class OperationImpossible(BadRequest):
    """An operation is well spelled, but can't be carried out on this picture."""

    code, text = "command-failure", "An operation can't be carried out on this picture"


class UnusableUrl(BadRequest):
    """What is to be downloaded is named by no URL, or by one that is not fetched from."""

    code, text = "http-client-error", "The URL can't be downloaded from"


class AlreadyClaimed(BadRequest):
    """There is no queued upload of this id: it was claimed, has expired, or never was."""

    code, text = "already-claimed", "Upload was already claimed"


class ProxyNotAllowed(BadRequest):
    """Proxied media was named where only uploads may be."""

    code, text = "proxy-not-allowed", "Cannot use proxied media as Not Found image"


class ReadOnly(BadRequest):
    """The server was configured to change nothing."""

    code, text = "read-only", "pictd is in read-only mode"


class RangeNotSatisfiable(PictdError):
    """Several ranges, or a unit other than bytes."""

    code, text = "range-not-satisfiable", "Range header not satisfiable"


# Who asks


class InvalidApiKey(PictdError):
    """The API key is missing, wrong, or not configured."""

    code, text = "invalid-api-token", "Invalid API Key"


class InvalidDeleteToken(PictdError):
    """The token is not that of the alias."""

    code, text = "invalid-delete-token", "Provided token did not match expected token"


class BlockedAddress(PictdError):
    """What is to be downloaded lies at an address that is closed to downloads."""

    code, text = "blocked-address", "Downloading from this address is not allowed"


# What is not there


class AliasNotFound(PictdError):
    """No file has this alias, or the variant was never made."""

    code, text = "alias-not-found", "Requested a file that doesn't exist"


class ProxyNotFound(PictdError):
    """The URL has not been proxied."""

    code, text = "proxy-not-found", "Media has not been proxied"


class AliasAlreadyExists(BadRequest):
    """An import asks for a name that is taken."""

    code, text = "duplicate-alias", "Tried to save an image with an already-taken name"


class UrlAlreadyProxied(PictdError):
    """Somebody else fetched the same URL meanwhile, and it has an alias now."""

    code, text = "duplicate-proxy", "The URL is already proxied"


class UploadGone(PictdError):
    """The queued upload that work was done for expired, or has a result already."""

    code, text = "upload-gone", "The queued upload is not pending any more"


class BytesLost(PictdError):
    """The repo knows the file, but the store has no such bytes."""

    code, text = "not-found", "The stored bytes of this file are missing"


# What was uploaded


class UploadRefused(BadRequest):
    """The file is not acceptable."""


class FileEmpty(UploadRefused):
    """An upload of no bytes."""

    code, text = "validate-file-empty", "Uploaded file is empty"


class TooWide(UploadRefused):
    """``limit`` and ``actual`` are in pixels."""

    code, text = "validate-width", "Too wide"


class TooTall(UploadRefused):
    """``limit`` and ``actual`` are in pixels."""

    code, text = "validate-height", "Too tall"


class TooManyPixels(UploadRefused):
    """``limit`` and ``actual`` are width times height."""

    code, text = "validate-area", "Too many pixels"


class TooManyFrames(UploadRefused):
    """``limit`` and ``actual`` are frames."""

    code, text = "validate-frames", "Too many frames"


class FileTooLarge(UploadRefused):
    """``limit`` and ``actual`` are in bytes; where the upload was cut short, ``actual`` is what
    had arrived by then."""

    code, text = "validate-file-size", "File too large"


class KindDisallowed(UploadRefused):
    """The request or the configuration does not let this kind of media in."""

    code, text = "media-disallowed", "Media type wasn't allowed for this upload"


class VideoDisabled(UploadRefused):
    """``media.video.enable`` is off."""

    code, text = "video-disabled", "Video is disabled"


class StreamTooSlow(UploadRefused):
    """The body did not arrive within the receive limit."""

    code, text = "stream-too-slow", "Client took too long to send request"


class UnreadableMedia(UploadRefused):
    """The file is broken, or is no media."""

    code, text = "command-failure", "Invalid media file provided"


class UnsupportedMedia(UploadRefused):
    """The file is media of a kind that is not accepted."""

    code, text = "command-error", "Input file type is unsupported"


class RefusedByValidator(UploadRefused):
    """The operator's external validator does not want the file."""

    code, text = "failed-external-validation", "Failed external validation"


# What failed


class UpstreamUnreachable(PictdError):
    """Another server can't be reached, or breaks off."""

    code, text = "http-client-error", "Another server could not be reached"


class UpstreamRefused(PictdError):
    """Another server answers that it does not give the file.

    :ivar retry_after: seconds for which it asks not to be asked again; None: it does not say.
    """

    code, text = "download-file-error", "Unable to download image"

    def __init__(self, text: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class UpstreamTooSlow(PictdError):
    """Another server does not answer in time."""

    code, text = "http-client-error", "Another server took too long to answer"


class ValidatorFailed(PictdError):
    """The operator's external validator is in trouble and judged nothing. Clients rely on the code
    and the status, which are those of a refusal."""

    code, text = "failed-external-validation", "The external validator failed"


class MediaTimeout(PictdError):
    """Work on media exceeded ``media.process_timeout``."""

    code, text = "command-timeout", "Media processing timed out"


class MediaTooExpensive(UploadRefused):
    """Decoding exceeded the memory or CPU limit of its child."""

    code, text = "command-failure", "Media needs more memory or time to decode than is allowed"


class MediaFailed(PictdError):
    """A child died, or produced what can't be used."""

    code, text = "command-failure", "Media processing failed"


class ToolMissing(PictdError):
    """A program or library that the work needs is not on this machine."""

    code, text = "command-not-found", "A required command was not found"


class Overloaded(PictdError):
    """A bounded queue is full; the same request may succeed in a moment."""

    code, text = "overloaded", "Too much media is waiting to be processed"


class RequestTimeout(PictdError):
    """The request's own deadline has passed."""

    code, text = "request-timeout", "Deadline exceeded"


class StoreUnavailable(PictdError):
    """The store does not answer, or refuses to work."""

    code, text = "file-io-error", "The store is not available"


class OldStoreUnavailable(StoreUnavailable):
    """The store that is being left does not answer, or refuses to work."""


class StoreGone(StoreUnavailable):
    """What the store keeps its bytes in is not there, as where a volume is not mounted."""

    code, text = "not-found", "The store is gone"


class ObjectStoreUnavailable(StoreUnavailable):
    """The object store does not answer, or refuses to work."""

    code, text = "object-request-error", "The object store is not available"


class RepoUnavailable(PictdError):
    """The repo does not answer, or refuses to work."""

    code, text = "repo-error", "The database is not available"


class OutcomeUnknown(RepoUnavailable):
    """The repo fell away in the last moment of a step: what the step writes may be written."""


class RepoUnusable(RepoUnavailable):
    """The repo is there, but no waiting will make it fit for use: a newer schema, no database."""
