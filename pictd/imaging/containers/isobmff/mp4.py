"""MP4 and QuickTime films (ISO/IEC 14496-12 and -14; QuickTime File Format).

Nothing here decodes or rewrites: what is told is which track is the picture, how it is coded, and
that its samples are all there. Files are only walked, so they may be mapped and large.
"""

from __future__ import annotations

from pictd.imaging.containers.isobmff import avif, mp4_clean
from pictd.imaging.containers.isobmff.boxes import spans
from pictd.imaging.containers.isobmff.mp4_codecs import TAKEN, audio_codec, foreign_codec
from pictd.imaging.containers.isobmff.mp4_fragments import fragment_samples
from pictd.imaging.containers.isobmff.mp4_tracks import Movie, Track, read_movie
from pictd.imaging.containers.isobmff.sample_tables import sample_places
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import Data
from pictd.imaging.failures import Unreadable, Unsupported
from pictd.model.streams import Container, Streams

_STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_FIRST_OF_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip")


def accepts(data: Data) -> bool:
    """Whether the bytes begin as a film does that is neither AVIF nor HEIF.

    QuickTime files need not say what they are; such a file must have a header somewhere.
    """
    if data[4:8] == b"ftyp":
        return not avif.accepts(data) and data[8:12] not in _STILL_BRANDS
    begins = data[4:8] in _FIRST_OF_QUICKTIME
    return begins and any(each.kind == b"moov" for each in spans(data))


def outline(data: Data) -> Outline:
    """:raise Unreadable: broken, cut short, or without a frame.
    :raise Unsupported: no picture, or in a codec that is not taken, or encrypted.
    """
    movie = read_movie(data)
    position = _picture(movie)
    picture = movie.pictures[position]
    codecs = [audio_codec(track.entry) for track in movie.sounds]
    sound = codecs[0] if codecs else None
    checked = movie.sounds[:1] if sound is not None else []
    frames = _count_samples(data, movie, [picture, *checked])
    if not frames:
        raise Unreadable("the film is broken: it has no frame")
    streams = Streams(Container.MOV, TAKEN[picture.entry.kind], position, bool(movie.sounds), sound)
    width, height = picture.entry.fields("HH", 24)
    several = frames if frames > 1 else None
    return Outline(streams.format, width, height, several, streams=streams)


def is_clean(data: Data) -> bool:
    """Whether a file is as pictd stores it, and holds nothing but its picture and sound."""
    return mp4_clean.is_clean(data)


def _picture(movie: Movie) -> int:
    """Position among the tracks of moving pictures.

    :raise Unsupported: there is none that is taken.
    """
    pictures = movie.pictures
    if any(track.is_encrypted for track in (*pictures, *movie.sounds[:1])):
        raise Unsupported("an encrypted film is not taken")
    for position, track in enumerate(pictures):
        if track.entry.kind in TAKEN:
            return position
    if pictures:
        raise Unsupported(f"video in {foreign_codec(pictures[0].entry.kind)} is not taken")
    if movie.sounds:
        raise Unsupported("a file of sound only is not taken")
    raise Unreadable("the film is broken: it has neither picture nor sound")


def _count_samples(data: Data, movie: Movie, tracks: list[Track]) -> int:
    """Samples of the first of these tracks.

    :raise Unreadable: samples of any of them are missing.
    """
    counts = [len(sample_places(track.tables, len(data))) for track in tracks]
    if movie.fragments is None:
        return counts[0]
    return counts[0] + fragment_samples(data, movie.fragments).get(tracks[0].number, 0)
