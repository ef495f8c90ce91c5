"""
Which files a human gets to see, known by their first bytes.

Nothing that a browser would run is on the list: no HTML, no SVG, no script, whatever it calls itself.
"""

HEAD_BYTES = 64
"""How much of a file must be seen before anything of it is handed on."""

_BY_START = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
    (b"%PDF-", "application/pdf", "pdf"),
    (b"OggS", "audio/ogg", "ogg"),
    (b"ID3", "audio/mpeg", "mp3"),
    (b"#!AMR", "audio/amr", "amr"),
    (b"\xff\xf1", "audio/aac", "aac"),
    (b"\xff\xf9", "audio/aac", "aac"),
    (b"\xff\xfb", "audio/mpeg", "mp3"),
    (b"\xff\xf3", "audio/mpeg", "mp3"),
    (b"\xff\xf2", "audio/mpeg", "mp3"),
)

# Office documents are zip archives: handed on as such, never opened here.
_ZIP = (b"PK\x03\x04", "application/zip", "zip")

# The brands of ISO media files that phones send.
_AUDIO_BRANDS = (b"M4A ", b"M4B ")


def kind_of(head: bytes) -> tuple[str, str] | None:
    """(mime type, extension) of a file that begins like this; None when it is not one of ours."""
    for start, mime_type, extension in (*_BY_START, _ZIP):
        if head.startswith(start):
            return mime_type, extension
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp", "webp"
    if head[4:8] == b"ftyp":
        return ("audio/mp4", "m4a") if head[8:12] in _AUDIO_BRANDS else ("video/mp4", "mp4")
    return None
