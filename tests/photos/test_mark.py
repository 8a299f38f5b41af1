"""The mark goes into an XMP packet without harm to what is there."""

from xml.etree import ElementTree

import pytest

from autochrome.photos.mark import marked_xmp

FACTS = {"software": "Autochrome", "version": "0.1.0", "model": "a & <b>"}
TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
NEWS_CODE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DC = (
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:creator>Müller</dc:creator></rdf:Description>"
)
PACKETS = {
    "none": "",
    "plain": f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>{DC}</rdf:RDF></x:xmpmeta>',
    "bare": f"<rdf:RDF {RDF}>{DC}</rdf:RDF>",
    "wrapped": '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta '
    f'xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>\n{DC}\n</rdf:RDF>\n</x:xmpmeta>\n'
    + " " * 2000
    + '\n<?xpacket end="w"?>',
    "empty": f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}/></x:xmpmeta>',
}


def types(packet: bytes) -> list[str]:
    return [element.text for element in ElementTree.fromstring(packet.strip()).iter(TYPE)]


@pytest.mark.parametrize("name", PACKETS)
def test_every_packet_gets_the_mark_once(name):
    assert types(marked_xmp(PACKETS[name].encode(), FACTS)) == [NEWS_CODE]


@pytest.mark.parametrize("name", ["plain", "bare", "wrapped"])
def test_what_was_there_stays(name):
    assert DC.encode() in marked_xmp(PACKETS[name].encode(), FACTS)


def test_marking_twice_marks_once():
    once = marked_xmp(PACKETS["wrapped"].encode(), FACTS)
    assert marked_xmp(once, FACTS) == once


@pytest.mark.parametrize(
    "other",
    [
        f'<rdf:Description {RDF} xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        'e:DigitalSourceType="http://x/negativeFilm"/>',
        f'<rdf:Description {RDF} xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        "<e:DigitalSourceType>http://x/print</e:DigitalSourceType></rdf:Description>",
    ],
)
def test_another_source_type_is_replaced(other):
    packet = PACKETS["plain"].replace(DC, DC + other)
    marked = marked_xmp(packet.encode(), FACTS)
    assert types(marked) == [NEWS_CODE] and b"http://x/" not in marked


@pytest.mark.parametrize("packet", [b"<x:xmpmeta>", b"rubbish", b"<a/>", b"\xff\xfe<\0a\0/\0>\0"])
def test_a_broken_packet_is_not_touched(packet):
    assert marked_xmp(packet, FACTS) is None
