"""Texts that make other programs read other files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from tests.support.movies import movie
from tests.support.mp4 import TABLE, changed
from tests.support.samples import box
from tests.system.hostile.good import Named

PASSWORDS = "/etc/passwd"


def lists_of_files(path: str = PASSWORDS, url: str = "http://127.0.0.1:9/a") -> Iterator[Named]:
    """Each of them names a file of this machine, and an address.

    :param path: of the file; absolute.
    """
    for name, form in _TEXTS.items():
        yield name, form.format(path=path, folder=PurePath(path).parent, url=url).encode()
    # What begins as a film may still be taken for a list by what looks further on.
    for name, start in _DISGUISES.items():
        yield (
            f"list of hls that begins as {name}",
            start + _TEXTS["list of hls"].format(path=path, url=url).encode(),
        )


_DISGUISES = {
    "mp4": box(b"ftyp", b"isom\0\0\2\0isommp42") + b"\n",
    "webm": b"\x1a\x45\xdf\xa3\x80\n",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpeg": b"\xff\xd8\xff\xfe\0\x04\n\n",
    "gif": b"GIF89a\n",
}
_TEXTS = {
    "list of hls": "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile://{path}\n#EXTINF:1,\n{url}\n"
    "#EXT-X-ENDLIST\n",
    "list of hls, joined": "#EXTM3U\n#EXTINF:1,\nconcat:{path}|subfile,,start,0,end,9,,:{path}\n",
    "list of lists": '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}\n#EXT-X-MEDIA:URI="{path}"\n',
    "list of hls with a key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF:1,\n'
    "{path}\n",
    "list of ffmpeg": "ffconcat version 1.0\nfile '{path}'\nfile '{url}'\n",
    "list of ffmpeg, bare": "file '{path}'\n",
    "list of dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period>'
    "<BaseURL>{url}</BaseURL><BaseURL>file://{path}</BaseURL></Period></MPD>",
    "list of winamp": "[playlist]\nFile1={path}\nFile2={url}\nNumberOfEntries=2\n",
    "list of xspf": '<?xml version="1.0"?><playlist><trackList><track><location>file://{path}'
    "</location></track></trackList></playlist>",
    "session of rtp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\n"
    "m=video 9 RTP/AVP 96\n",
    "metadata of ffmpeg": ";FFMETADATA1\ntitle=x\n[CHAPTER]\nSTART=0\nEND=1\n",
    "filters of ffmpeg": "movie={path}",
    "subtitles": "1\n00:00:00,000 --> 00:00:01,000\n{path}\n",
    "subtitles of ass": "[Script Info]\nScriptType: v4.00+\n[Fonts]\nfontname: {path}\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<script>alert(1)</script><image xlink:href="file://{path}"/><image xlink:href="{url}"/></svg>',
    "svg with an entity": '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file://{path}">]>'
    '<svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>',
    "mvg": "push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 '{path}'\n"
    "fill 'url({url}\"|id \")'\npop graphic-context\n",
    "msl": '<?xml version="1.0"?><image><read filename="{path}"/><write filename="x.php"/></image>',
    "names of pictures": "{path}\n@{path}\ntext:{path}\n",
    "postscript": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({path}) (r) file\n(%pipe%id)"
    " (r) file\n",
    "xpm": '/* XPM */\nstatic char *a[] = {{"1 1 1 1", "a c #000000", "a"}};\n',
    "page": '<html><img src="{url}"><iframe src="file://{path}"></iframe></html>',
    "pdf that reads": "%PDF-1.4\n1 0 obj\n<</Type/Catalog/OpenAction<</S/GoToR/F({path})>>>>\n"
    "endobj\n",
    "link of a desktop": "[Desktop Entry]\nType=Link\nURL=file://{path}\n",
    "link of windows": "[InternetShortcut]\nURL=file://{path}\n",
}


def film_elsewhere(path: str = PASSWORDS) -> bytes:
    """A film that names another file for its samples."""
    film = movie("mov", "h264", frames=3, size=(32, 16))
    named = box(b"url ", bytes(4) + f"file://{path}".encode() + b"\0")
    table = bytes(4) + b"\0\0\0\1" + named
    return changed(film, (*TABLE[:4], b"dinf", b"dref"), lambda _: table)
