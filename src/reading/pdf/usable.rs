//! Whether a page's text layer can be believed.
//!
//! Fonts without a letter for each glyph, fonts that name the wrong letters, and scans with nothing
//! but a stamp's text come with a text layer that is worse than none. Such a page is recognised
//! from its picture instead.

use hayro_interpret::kurbo::Rect;

use super::glyphs::{Drawn, Glyph};
use super::layout::Frame;
use crate::domain::document::Word;

/// Below this part of words that look like words, a layer is noise.
const WORD_SHAPES_MIN: f32 = 0.45;
/// A page of at most this many words on one large picture is a scan.
const STAMP_WORDS: usize = 15;
/// Words that stand on less than this part of the height of a page that is a picture are a
/// scanner's footer or a stamp; eight lines of a letter's size are an eighth.
const STAMP_HEIGHT: f32 = 0.12;
/// The same for a picture that covers half of the page.
const CAPTION_HEIGHT: f32 = 0.04;
/// Strips that a page's height is parted into.
const STRIPS: usize = 200;

/// Whether the words may be kept instead of recognising the page.
pub fn is_usable(words: &[Word], drawn: &Drawn, frame: Frame) -> bool {
    let page_area = f64::from(frame.width) * f64::from(frame.height);
    let letters: usize = words.iter().map(|it| it.text.chars().count()).sum();
    let pictures: f64 = drawn.pictures.iter().map(Rect::area).sum();
    let covered = if page_area > 0.0 {
        pictures / page_area
    } else {
        0.0
    };
    if letters == 0 {
        // Letters drawn as shapes need recognising as much as a picture does; an empty page does not.
        let is_blank = |it: &Glyph| it.text.as_ref().is_some_and(|it| it.trim().is_empty());
        return covered < 0.02 && drawn.shapes < 60 && drawn.glyphs.iter().all(is_blank);
    }
    let height = written_height(words, frame);
    let is_stamp = words.len() <= STAMP_WORDS || height < STAMP_HEIGHT;
    let is_caption = letters < 25 || height < CAPTION_HEIGHT;
    if (is_stamp && covered > 0.7) || (is_caption && covered > 0.4) {
        return false;
    }
    let unknown: usize = words
        .iter()
        .flat_map(|it| it.text.chars())
        .filter(|it| *it == char::REPLACEMENT_CHARACTER)
        .count();
    let unmapped = drawn.glyphs.iter().filter(|it| it.text.is_none()).count();
    if unknown * 4 > letters || unmapped * 4 > drawn.glyphs.len() {
        return false;
    }
    has_vowels(words)
        && looks_written(
            words,
            covered > 0.7 && drawn.invisible * 2 > drawn.glyphs.len(),
        )
}

/// The part of the page's height, from 0 to 1, on which words stand.
fn written_height(words: &[Word], frame: Frame) -> f32 {
    let strips = u16::try_from(STRIPS).map_or(f32::MAX, f32::from);
    let strip = frame.height / frame.width.max(1.0) * 1000.0 / strips;
    let mut is_written = [false; STRIPS];
    for word in words {
        let top = word.at.y;
        let bottom = top + word.at.h;
        let mut edge = 0.0;
        for it in &mut is_written {
            *it |= top < edge + strip && bottom > edge;
            edge += strip;
        }
    }
    let written = is_written.iter().filter(|it| **it).count();
    u16::try_from(written).map_or(1.0, f32::from) / strips
}

/// Two letters in five are vowels in German and English alike; in letters that a font has shifted,
/// hardly one in six.
fn has_vowels(words: &[Word]) -> bool {
    let latin = |it: &char| it.is_alphabetic() && u32::from(*it) <= 0x24f;
    let plain = words
        .iter()
        .filter(|it| !it.text.chars().any(|it| it.is_ascii_digit()));
    let (mut letters, mut vowels) = (0_u32, 0_u32);
    for letter in plain.flat_map(|it| it.text.chars()).filter(latin) {
        letters += 1;
        vowels += u32::from(is_vowel(letter));
    }
    letters < 60 || vowels * 4 >= letters
}

/// Whether enough of the words have the shape of words. A scanner's own hidden layer must do
/// better, because its errors were made on a picture that can be read again.
fn looks_written(words: &[Word], is_hidden: bool) -> bool {
    let mut long = 0_u16;
    let mut well = 0_u16;
    for word in words.iter().take(2000) {
        let text = word.text.trim_matches(|it: char| !it.is_alphanumeric());
        if text.chars().count() < 4 {
            continue;
        }
        long += 1;
        well += u16::from(has_word_shape(text));
    }
    if long < 8 {
        return true;
    }
    let least = if is_hidden { 0.7 } else { WORD_SHAPES_MIN };
    f32::from(well) / f32::from(long) >= least
}

/// Letters with vowels among them and no capital in the middle, or a number, or a letter of another
/// script than Latin, about which nothing is known here.
fn has_word_shape(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|it| it.is_alphabetic()).count();
    if digits > 0 && digits >= letters {
        return true;
    }
    if text
        .chars()
        .any(|it| u32::from(it) > 0x24f && it.is_alphabetic())
    {
        return true;
    }
    if digits > 0 || text.contains('@') || text.contains("www") {
        // Order numbers and addresses mix letters and digits as noise does: not counted for or
        // against by being rare in letters.
        return letters > 3 * digits;
    }
    let vowels = text.chars().filter(|it| is_vowel(*it)).count();
    if vowels == 0 || vowels * 7 < letters || letters * 10 < text.chars().count() * 7 {
        return false;
    }
    let body = || text.chars().skip(1).filter(|it| it.is_alphabetic());
    let capitals = body().filter(|it| it.is_uppercase()).count();
    capitals <= 1 || capitals == body().count()
}

fn is_vowel(letter: char) -> bool {
    let plain = letter.to_lowercase().next().unwrap_or(letter);
    "aeiouyäöüáàâãåæéèêëíìîïóòôõøúùûýœ".contains(plain)
}

#[cfg(test)]
mod tests {
    use hayro_interpret::kurbo::{Point, Rect as Area};

    use super::*;
    use crate::domain::value::Rect;

    fn words(text: &str) -> Vec<Word> {
        let word = |it: &str| Word {
            text: it.to_owned(),
            at: Rect::default(),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        text.split(' ').map(word).collect()
    }

    const FRAME: Frame = Frame {
        width: 100.0,
        height: 100.0,
    };

    /// The words on `lines` lines of a hundredth of the page's height each.
    fn on_lines(text: &str, lines: u8) -> Vec<Word> {
        let mut words = words(text);
        for (index, word) in (0..lines).cycle().zip(&mut words) {
            word.at.y = f32::from(index) * 10.0;
            word.at.h = 9.9;
        }
        words
    }

    fn drawn(picture: f64) -> Drawn {
        let glyph = Glyph {
            text: Some("a".to_owned()),
            origin: Point::ZERO,
            quadrant: 0,
            advance: 1.0,
            size: 1.0,
        };
        Drawn {
            glyphs: vec![glyph; 100],
            pictures: vec![Area::new(0.0, 0.0, 100.0, picture)],
            ..Drawn::default()
        }
    }

    #[test]
    fn a_letter_is_believed() {
        let text = "Sehr geehrte Frau Lehmann, bitte überweisen Sie den Betrag von 84,20 EUR bis \
                    zum 18.03.2026 auf unser Konto DE89370400440532013000 unter RE-2026-1042";
        assert!(is_usable(&words(text), &drawn(10.0), FRAME));
    }

    #[test]
    fn letters_shifted_by_a_font_are_noise() {
        let text = "6HKU JHHKUWH )UDX /HKPDQQ ELWWH EHUZHLVHQ 6LH GHQ %HWUDJ YRQ ELV ]XP DXI \
                    XQVHU .RQWR XQWHU $QJDEH GHU 5HFKQXQJVQXPPHU";
        assert!(!is_usable(&words(text), &drawn(10.0), FRAME));
    }

    #[test]
    fn a_stamp_on_a_scan_is_not_the_page() {
        assert!(!is_usable(
            &words("Eingegangen 12 März 2026"),
            &drawn(95.0),
            FRAME
        ));
        assert!(is_usable(
            &words("Anlage zum Schreiben von gestern"),
            &drawn(5.0),
            FRAME
        ));
    }

    #[test]
    fn a_footer_of_many_words_on_a_scan_is_not_the_page() {
        let footer = "Digitalisiert am zwölften März von der Poststelle der Verwaltung, \
                      Eingang bestätigt, Seite eins von drei, Vorgang liegt bei den Akten oben";
        assert!(!is_usable(&on_lines(footer, 2), &drawn(95.0), FRAME));
        assert!(is_usable(&on_lines(footer, 20), &drawn(95.0), FRAME));
        assert!(is_usable(&on_lines(footer, 2), &drawn(10.0), FRAME));
    }

    #[test]
    fn an_empty_page_needs_no_recognition_and_drawn_letters_do() {
        let empty = Drawn::default();
        assert!(is_usable(&[], &empty, FRAME));
        let outlines = Drawn {
            shapes: 500,
            ..Drawn::default()
        };
        assert!(!is_usable(&[], &outlines, FRAME));
    }
}
