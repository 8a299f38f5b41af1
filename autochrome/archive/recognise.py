"""What a file is, by its first bytes and not by its name."""

from pathlib import PurePosixPath

HEAD_BYTES = 4096
VERSION = 4

PHOTO_SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".webp", ".bmp", ".dib", ".gif"),
    *(
        ".jp2",
        ".j2k",
        ".j2c",
        ".jpc",
        ".jpx",
        ".heic",
        ".heif",
        ".avif",
        ".jxl",
        ".ppm",
        ".pgm",
        ".pnm",
        ".pbm",
    ),
}
RAW_SUFFIXES = {
    *(".dng", ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".sr2", ".raf", ".rw2", ".orf"),
    *(".pef", ".srw", ".3fr", ".iiq", ".erf", ".kdc", ".mrw", ".x3f"),
}
FILM_SUFFIXES = {
    *(".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".vob", ".m2v"),
    *(".ts", ".mts", ".m2ts", ".wmv", ".asf", ".flv", ".f4v", ".ogv", ".3gp", ".3g2", ".mxf"),
    *(".dv", ".y4m", ".ivf", ".rm", ".rmvb", ".divx", ".m1v", ".mpv", ".m2p", ".mod", ".tod"),
    *(".h264", ".264", ".avc", ".h265", ".265", ".hevc", ".mjpeg", ".mjpg", ".nut", ".gxf", ".wtv"),
}

_PHOTO_MAGIC = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "j2k"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
    (b"8BPS", "psd"),
    (b"P7\n", "pam"),
    (b"PF\n", "pfm"),
    (b"Pf\n", "pfm"),
    (b"II\xbc", "jxr"),
    (b"\x76\x2f\x31\x01", "exr"),
    (b"#?RADIANCE\n", "hdr"),
    (b"#?RGBE\n", "hdr"),
    (b"\x59\xa6\x6a\x95", "ras"),
    (b"FUJIFILMCCD-RAW", "raw"),
    (b"\0MRM", "raw"),
    (b"IIRS", "raw"),
    (b"MMOR", "raw"),
    (b"IIRO", "raw"),
    (b"IIU\x00", "raw"),
    (b"FOVb", "raw"),
)
# Formats of pictures whose first bytes tell too little.
_BY_NAME = {
    **dict.fromkeys((".tga", ".targa"), "tga"),
    **dict.fromkeys((".sgi", ".rgb", ".bw"), "sgi"),
    **dict.fromkeys((".pct", ".pict"), "pict"),
    ".pcx": "pcx",
    ".pcd": "pcd",
}
# What may hold pictures, and is not one: passed over, and counted under its own name.
_DOCUMENT_MAGIC = ((b"%PDF-", "pdf"), (b"\0\0\1\0", "icon"), (b"%!PS", "postscript"))
_FILM_MAGIC = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"\x00\x00\x01\xb3",  # MPEG video
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01",  # MXF
    b"\x1f\x07\x00",  # DV
    b"YUV4MPEG2",
    b"DKIF",
    b"OggS",
    b".RMF",
)
# A bare stream of JPEG pictures begins as a JPEG does.
_JPEG_FILM_SUFFIXES = {".mjpeg", ".mjpg"}
_MP4_ATOMS = {b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot", b"moof", b"styp", b"sidx"}
_BRAND_PHOTOS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"), "heic"),
    **dict.fromkeys((b"avif", b"avis"), "avif"),
    b"crx ": "raw",
}


def recognise(head: bytes, name: str) -> tuple[str, str]:
    """Kind and format of a file from its first `HEAD_BYTES` bytes.

    The kind is ``photo``, ``film`` or ``other``, of which the format tells documents. A file
    whose *name* is that of a picture but whose bytes are not is of that kind with the format
    ``unknown``: its owner takes it for a picture, so it must be named and not passed over. The
    name also tells camera raw from TIFF.
    """
    suffix = PurePosixPath(name).suffix.lower()
    photo = _photo_format(head)
    if photo == "tiff" and (suffix in RAW_SUFFIXES or head[8:10] == b"CR"):
        photo = "raw"
    if photo == "jpeg" and suffix in _JPEG_FILM_SUFFIXES:
        return "film", "film"
    if photo:
        return "photo", photo
    if _is_film(head):
        return "film", "film"
    if suffix in PHOTO_SUFFIXES or suffix in RAW_SUFFIXES:
        # A few bytes of junk before the first marker: libjpeg skips them, so people never notice.
        is_jpeg = suffix in {".jpg", ".jpeg"} and b"\xff\xd8\xff" in head[:1024]
        return "photo", "jpeg" if is_jpeg else "unknown"
    for magic, name in _DOCUMENT_MAGIC:
        if head.startswith(magic):
            return "other", name
    if suffix == ".svg" or b"<svg" in head[:1024]:
        return "other", "svg"
    if suffix in _BY_NAME and not _is_text(head):
        return "photo", _BY_NAME[suffix]
    if suffix in FILM_SUFFIXES and not (suffix == ".ts" and _is_text(head)):
        return "film", "unknown"
    return "other", "other"


def _photo_format(head: bytes) -> str | None:
    for magic, name in _PHOTO_MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:2] == b"BM" and head[14:18] in (
        n.to_bytes(4, "little") for n in (12, 40, 52, 56, 64, 108, 124)
    ):
        return "bmp"
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n" and head[2:3]:
        return "pnm"
    if head[4:8] == b"ftyp":
        # The first brand may be the general one (mif1), and the codec's among the others.
        size = min(int.from_bytes(head[:4]), 256)
        brands = [head[8:12], *(head[i : i + 4] for i in range(16, size - 3, 4))]
        known = [_BRAND_PHOTOS[brand] for brand in brands[:1] if brand in _BRAND_PHOTOS]
        return "avif" if known == ["heic"] and b"avif" in brands else (known or [None])[0]
    return None


def _is_film(head: bytes) -> bool:
    if any(head.startswith(magic) for magic in _FILM_MAGIC):
        return True
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX"):
        return True
    if head[4:8] == b"ftyp" or head[4:8] in _MP4_ATOMS:
        return True
    return any(
        len(head) >= start + 4 * step and all(head[start + i * step] == 0x47 for i in range(5))
        for start, step in ((0, 188), (4, 192))
        if len(head) > start + 4 * step
    )


def _is_text(head: bytes) -> bool:
    """A ``.ts`` file may be TypeScript or a Qt translation as well as a transport stream."""
    try:
        head.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in head
