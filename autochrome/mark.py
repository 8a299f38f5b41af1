"""The mark that a trained model edited a picture, put into its XMP packet.

IPTC Photo Metadata: ``Iptc4xmpExt:DigitalSourceType`` (a NewsCode, by default the one for a picture
edited with a trained model), ``AISystemUsed`` and ``AISystemVersionUsed``; a sentence for people in
``dc:description``; what made the picture exactly is in properties of our own namespace.
"""

import re
from html import escape
from xml.etree import ElementTree

CREDENTIALS_LEFT = "the source's content credentials (C2PA) left out: they vouch for its bytes only"
"""What a record says of a signed original's result, which would look tampered with."""

NEWS_CODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_STATEMENT = "The colours were added by a trained model"
_OWN = "urn:autochrome:xmp:1.0:"
_NEW_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{_RDF}"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


def statement(model: str, version: str) -> str:
    """The sentence that tells a person what was done."""
    return f"{_STATEMENT} ({model}, Autochrome {version}) and are a guess."


def marked_xmp(packet: bytes, facts: dict[str, str], caption: str = "") -> bytes | None:
    """The XMP packet with the mark, everything else in it left as it is.

    ``facts`` are the words of our own namespace: names of properties and their values, among
    them ``software``, ``version``, ``model`` and ``digital_source_type`` (a NewsCode's last part).
    The sentence goes behind a description that is there already; where there is none, behind
    ``caption``, which the file has elsewhere. None if the packet is broken and cannot be added to.
    """
    packet = packet.rstrip(b"\0") or _NEW_PACKET
    try:
        ElementTree.fromstring(_body(packet))
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    sentence = escape(statement(facts["model"], facts["version"]), quote=False).encode()
    packet, is_told = _told_in_description(_without(packet), sentence)
    end = re.search(
        rb"</([A-Za-z_][\w.-]*:)?RDF\s*>\s*(</[^>]*>\s*)?(<\?xpacket[^>]*>\s*)?$", packet
    )
    if end is None:
        packet, end = _opened(packet)
        if end is None:
            return None
    marked = (
        packet[: end.start()]
        + _description(
            facts, b"" if is_told else f"{escape(caption, quote=False)} ".encode() + sentence
        )
        + packet[end.start() :]
    )
    try:
        ElementTree.fromstring(_body(marked))
    except ElementTree.ParseError:
        return None
    return marked


def _body(packet: bytes) -> bytes:
    """The packet's XML without what only surrounds it."""
    return re.sub(rb"<\?xpacket.*?\?>", b"", packet, flags=re.S).strip()


def _opened(packet: bytes) -> tuple[bytes, re.Match[bytes] | None]:
    """``<rdf:RDF …/>`` as a pair of tags, and where the second one is."""
    packet = re.sub(rb"<((?:[A-Za-z_][\w.-]*:)?RDF)(\s[^>]*)?/>", rb"<\1\2></\1>", packet, count=1)
    return packet, re.search(rb"</(?:[A-Za-z_][\w.-]*:)?RDF\s*>", packet)


def _without(packet: bytes) -> bytes:
    """The packet without an earlier mark of ours and without another DigitalSourceType."""
    packet = re.sub(
        rb'<rdf:Description[^>]*xmlns:autochrome="[^"]*".*?</rdf:Description>',
        b"",
        packet,
        flags=re.S,
    )
    packet = re.sub(
        rb" ?" + re.escape(_STATEMENT.encode()) + rb" \([^)<]*\) and are a guess\.", b"", packet
    )
    for name in (b"DigitalSourceType", b"AISystemUsed", b"AISystemVersionUsed"):
        name = rb"[A-Za-z_][\w.-]*:" + name
        packet = re.sub(rb"\s" + name + rb"\s*=\s*(\"[^\"]*\"|'[^']*')", b"", packet)
        packet = re.sub(rb"<" + name + rb"[^>]*/>", b"", packet)
        packet = re.sub(rb"<(" + name + rb")[\s>].*?</\1\s*>", b"", packet, flags=re.S)
    return packet


def _told_in_description(packet: bytes, sentence: bytes) -> tuple[bytes, bool]:
    """The sentence put behind every language of the packet's own description, if it has one."""
    found = re.search(rb"xmlns:([A-Za-z_][\w.-]*)\s*=\s*[\"']" + re.escape(_DC.encode()), packet)
    if found is None:
        return packet, False
    name = rb"%b:description" % found[1]
    whole = re.search(rb"<" + name + rb"[\s>].*?</" + name + rb"\s*>", packet, re.S)
    if whole is None:
        # As an attribute it can hold no second sentence; a second property would be against XMP.
        return packet, name + b"=" in packet
    told = re.sub(rb"(<([\w.-]+:)?li[^>]*[^/]>)([^<]*)", rb"\1\3 " + sentence, whole[0])
    told = re.sub(rb"(<([\w.-]+:)?li[^>]*>) +", rb"\1", told)
    return packet[: whole.start()] + told + packet[whole.end() :], told != whole[0]


def _description(facts: dict[str, str], sentence: bytes) -> bytes:
    values = {
        "Iptc4xmpExt:DigitalSourceType": NEWS_CODES + facts["digital_source_type"],
        "Iptc4xmpExt:AISystemUsed": facts["software"],
        "Iptc4xmpExt:AISystemVersionUsed": facts["version"],
        **{f"autochrome:{name}": value for name, value in facts.items()},
    }
    told = (
        f'<dc:description xmlns:dc="{_DC}"><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{sentence.decode().strip()}</rdf:li></rdf:Alt></dc:description>"
    )
    told = told if sentence else ""
    elements = "".join(
        f"<{name}>{escape(value, quote=False)}</{name}>" for name, value in values.items()
    )
    return (
        f'<rdf:Description xmlns:rdf="{_RDF}" rdf:about="" '
        f'xmlns:Iptc4xmpExt="{_IPTC}" xmlns:autochrome="{_OWN}">'
        f"{elements}{told}</rdf:Description>"
    ).encode()
