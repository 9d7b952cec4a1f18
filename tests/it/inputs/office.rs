//! Word, Excel, PowerPoint and OpenDocument files as text, and the bombs among them.

use workmate::domain::document::MediaType;
use workmate::reading::failure::Failure;
use workmate::reading::{office, sniff};

use super::wrap::{bomb, docx, entry, open_document, pptx, xlsx, zip};

fn text(bytes: &[u8], expected: MediaType) -> String {
    assert_eq!(sniff::sniff(bytes), Some(expected));
    office::open(bytes, expected).unwrap().text
}

#[test]
fn a_word_document_is_its_paragraphs_and_rows() {
    let bytes = docx(
        "<w:p><w:pPr><w:tabs><w:tab w:pos=\"720\"/></w:tabs></w:pPr>\
         <w:r><w:t xml:space=\"preserve\">Sehr geehrte </w:t></w:r><w:r><w:t>Frau Lehmann,</w:t></w:r>\
         </w:p><w:p/><w:p><w:r><w:t>A</w:t><w:tab/><w:t>B &amp; C</w:t></w:r>\
         <w:r><w:rPr><w:vanish/></w:rPr><w:t>geheim</w:t></w:r>\
         <w:del><w:r><w:delText>weg</w:delText></w:r></w:del></w:p>\
         <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Strom</w:t></w:r></w:p></w:tc>\
         <w:tc><w:p><w:r><w:t>84,20</w:t></w:r></w:p><w:p><w:r><w:t>EUR</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
         <w:p><w:r><w:br w:type=\"page\"/><w:t>Seite zwei</w:t></w:r></w:p>\
         <mc:AlternateContent><mc:Choice><w:p><w:r><w:t>Kasten</w:t></w:r></w:p></mc:Choice>\
         <mc:Fallback><w:p><w:r><w:t>Kasten</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>",
    );
    assert_eq!(
        text(&bytes, MediaType::Docx),
        "Wasserwerk Au\n\nSehr geehrte Frau Lehmann,\n\nA   B & C\nStrom   84,20 EUR\u{c}\
         Seite zwei\nKasten\n\nIBAN unten"
    );
}

#[test]
fn a_table_shows_days_amounts_and_shared_texts() {
    let bytes = xlsx(
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>2</v></c>\
         <c r=\"C1\" t=\"inlineStr\"><is><t>Betrag</t></is></c></row>\
         <row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c><c r=\"B2\" s=\"1\"><v>46099</v></c>\
         <c r=\"C2\" s=\"2\"><f>SUM(1)</f><v>84.2</v></c></row>\
         <row r=\"3\" hidden=\"1\"><c><v>1</v></c></row>\
         <row r=\"4\"><c r=\"A4\" t=\"str\"><v>Ende</v></c><c r=\"B4\"/></row>",
    );
    assert_eq!(
        text(&bytes, MediaType::Xlsx),
        "Kosten\n\nPosten   Fällig   Betrag\nStrom   2026-03-18   84.20 €\nEnde"
    );
}

#[test]
fn open_documents_are_their_paragraphs_and_rows() {
    let bytes = open_document(
        "text",
        "<office:text><text:tracked-changes><text:p>weg</text:p></text:tracked-changes>\
         <text:h>Rechnung</text:h><text:p>Bitte<text:s/>zahlen\n  Sie<text:line-break/>bald\
         <office:annotation><text:p>Notiz</text:p></office:annotation></text:p>\
         <table:table table:name=\"T\"><table:table-row>\
         <table:table-cell><text:p>Strom</text:p></table:table-cell>\
         <table:table-cell><text:p>84,20 €</text:p></table:table-cell></table:table-row></table:table>\
         </office:text>",
    );
    assert_eq!(
        text(&bytes, MediaType::Odt),
        "Wasserwerk Au\n\nRechnung\nBitte zahlen Sie\nbald\nStrom   84,20 €\n\nIBAN unten"
    );
    let bytes = open_document(
        "spreadsheet",
        "<office:spreadsheet><table:table table:name=\"T\"><table:table-row>\
         <table:table-cell office:value-type=\"date\"><text:p>18.03.2026</text:p></table:table-cell>\
         <table:table-cell table:number-columns-repeated=\"2\"><text:p>x</text:p></table:table-cell>\
         <table:table-cell table:number-columns-repeated=\"16000\"/></table:table-row>\
         <table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell/></table:table-row>\
         </table:table></office:spreadsheet>",
    );
    let shown = text(&bytes, MediaType::Ods);
    assert!(shown.contains("18.03.2026   x   x"), "{shown}");
    assert!(shown.len() < 200, "{shown}");
}

#[test]
fn each_slide_is_a_page() {
    let bytes = pptx(&["eins", "zwei"]);
    assert_eq!(text(&bytes, MediaType::Pptx), "eins\u{c}zwei");
}

#[test]
fn a_scan_in_a_word_document_is_a_page_of_its_own() {
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    picture.resize(30_000, 7);
    let mut media = entry("word/media/image1.png", "");
    media.bytes = picture;
    let document = entry("word/document.xml", "<w:document><w:p/></w:document>");
    let bytes = zip(&[entry("[Content_Types].xml", ""), document, media]);
    let office = office::open(&bytes, MediaType::Docx).unwrap();
    assert_eq!(office.text, "");
    let names: Vec<_> = office.parts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["word/media/image1.png"]);
}

#[test]
fn what_swells_when_it_is_unpacked_is_refused() {
    let bytes = zip(&[
        entry("[Content_Types].xml", ""),
        bomb("word/document.xml", 1_000_000_000),
    ]);
    let refused = office::open(&bytes, MediaType::Docx).err();
    assert!(
        matches!(refused, Some(Failure::TooLarge { .. })),
        "{refused:?}"
    );
    let names = 0..12_000;
    let many: Vec<_> = names
        .map(|it| entry(&format!("word/document{it}"), ""))
        .collect();
    let refused = office::open(&zip(&many), MediaType::Docx).err();
    assert!(
        matches!(refused, Some(Failure::TooLarge { .. })),
        "{refused:?}"
    );
}

#[test]
fn entities_are_not_expanded() {
    let document = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
        <w:document><w:p><w:r><w:t>&b;&amp;</w:t></w:r></w:p></w:document>";
    let bytes = zip(&[
        entry("[Content_Types].xml", ""),
        entry("word/document.xml", document),
    ]);
    // What is left of the definition is no text, and the entity stays as it is written.
    assert_eq!(text(&bytes, MediaType::Docx), "&b;&");
}

#[test]
fn broken_and_locked_archives_say_so() {
    let good = docx("<w:p><w:r><w:t>gut</w:t></w:r></w:p>");
    let half = &good[..good.len() / 2];
    let refused = office::open(half, MediaType::Docx).err();
    assert!(
        matches!(refused, Some(Failure::Damaged { .. })),
        "{refused:?}"
    );
    let locked = zip(&[
        entry("mimetype", "application/vnd.oasis.opendocument.text"),
        entry("content.xml", "noise"),
        entry("META-INF/manifest.xml", "<manifest:encryption-data/>"),
    ]);
    let refused = office::open(&locked, MediaType::Odt).err();
    assert!(
        matches!(refused, Some(Failure::Unsupported { .. })),
        "{refused:?}"
    );
}
