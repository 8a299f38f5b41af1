"""The mark goes into an XMP packet without harm to what is there."""

from xml.etree import ElementTree

import pytest

from autochrome.mark import marked_xmp

FACTS = {
    "software": "Autochrome",
    "version": "0.1.0",
    "model": "a & <b>",
    "digital_source_type": "compositeWithTrainedAlgorithmicMedia",
}
SENTENCE = "The colours were added by a trained model (a & <b>, Autochrome 0.1.0) and are a guess."
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


DESCRIBED = (
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:description><rdf:Alt>{}</rdf:Alt></dc:description></rdf:Description>"
)
LANGUAGES = (
    '<rdf:li xml:lang="x-default">Aunt Vera</rdf:li><rdf:li xml:lang="de">Tante Vera</rdf:li>'
)


def descriptions(packet: bytes) -> list[str]:
    root = ElementTree.fromstring(packet.strip())
    found = root.findall(".//{http://purl.org/dc/elements/1.1/}description")
    return [text for element in found for text in element.itertext() if text.strip()]


@pytest.mark.parametrize("name", PACKETS)
def test_a_sentence_for_people_stands_in_the_description(name):
    assert descriptions(marked_xmp(PACKETS[name].encode(), FACTS)) == [SENTENCE]


def test_the_sentence_goes_behind_a_description_that_is_there_once():
    packet = PACKETS["plain"].replace(DC, DESCRIBED.format(LANGUAGES)).encode()
    told = [f"Aunt Vera {SENTENCE}", f"Tante Vera {SENTENCE}"]
    once = marked_xmp(packet, FACTS)
    assert descriptions(once) == told
    assert marked_xmp(once, FACTS) == once


def test_a_description_as_an_attribute_is_left_alone():
    packet = PACKETS["plain"].replace(
        DC,
        f'<rdf:Description {RDF} xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'dc:description="Aunt Vera"/>',
    )
    marked = marked_xmp(packet.encode(), FACTS)
    assert b'dc:description="Aunt Vera"' in marked and types(marked) == [NEWS_CODE]
    assert descriptions(marked) == []


def test_the_source_type_is_a_setting():
    marked = marked_xmp(b"", FACTS | {"digital_source_type": "humanEdits"})
    assert types(marked) == [
        NEWS_CODE.replace("compositeWithTrainedAlgorithmicMedia", "humanEdits")
    ]
