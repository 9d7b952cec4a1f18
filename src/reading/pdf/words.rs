//! Glyphs to words, words to lines. A word ends at a space or at a gap that is too wide for its
//! font; letters set apart for emphasis are joined again; accents drawn on their own are put on
//! their letters. What stands in one cell of a table never joins the next cell.

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

use super::glyphs::Glyph;

/// A gap of this part of the font's height ends a word.
const WORD_GAP: f32 = 0.125;
/// Baselines that are this part of the font's height apart are still one line.
const SAME_BASELINE: f32 = 0.35;
/// Letters set apart by at most this part of the font's height may be one word.
const SPACED_GAP: f32 = 1.3;

/// A word in the frame of its line: `start` and `end` along it, `baseline` across it, in points.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Its letters.
    pub text: String,
    /// Where it begins.
    pub start: f32,
    /// Where it ends.
    pub end: f32,
    /// Where it stands.
    pub baseline: f32,
    /// Height of its font.
    pub size: f32,
    /// A space was drawn behind it.
    closed: bool,
}

/// Words on one baseline, from start to end.
pub type Line = Vec<Piece>;

/// The lines of one direction of writing, from the top.
pub fn lines(glyphs: &[Glyph], quadrant: u8) -> Vec<Line> {
    let mut lines = by_baseline(fragments(glyphs, quadrant));
    for line in &mut lines {
        line.sort_by(|a, b| a.start.partial_cmp(&b.start).unwrap_or(Ordering::Equal));
        *line = spaced_joined(joined(std::mem::take(line)));
        for piece in &mut *line {
            piece.text = piece.text.nfc().collect();
        }
        line.retain(|it| it.text.chars().any(|it| it != char::REPLACEMENT_CHARACTER));
    }
    lines.retain(|it| !it.is_empty());
    lines
}

/// Letters that the drawing program puts side by side.
fn fragments(glyphs: &[Glyph], quadrant: u8) -> Vec<Piece> {
    let mut done: Vec<Piece> = Vec::new();
    let mut open: Option<Piece> = None;
    for glyph in glyphs.iter().filter(|it| it.quadrant == quadrant) {
        let (start, baseline) = in_frame(glyph);
        let text = letters(glyph.text.as_deref());
        if text.is_empty() {
            continue;
        }
        if text.chars().all(char::is_whitespace) {
            done.extend(open.take().map(|it| Piece { closed: true, ..it }));
            continue;
        }
        let end = start + glyph.advance;
        match &mut open {
            Some(piece) if continues(piece, &text, (start, baseline), glyph.size) => {
                push_letters(piece, &text, start);
                piece.end = piece.end.max(end);
            }
            _ => {
                done.extend(open.take());
                open = Some(Piece {
                    text,
                    start,
                    end,
                    baseline,
                    size: glyph.size,
                    closed: false,
                });
            }
        }
    }
    done.extend(open);
    without_shadows(done)
}

/// The glyph's place along and across its line.
fn in_frame(glyph: &Glyph) -> (f32, f32) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::as_conversions,
        reason = "points on a page"
    )]
    let (x, y) = (glyph.origin.x as f32, glyph.origin.y as f32);
    match glyph.quadrant {
        0 => (x, y),
        1 => (y, -x),
        2 => (-x, -y),
        _ => (-y, x),
    }
}

/// What a glyph says: ligatures as letters, odd spaces as a space, nothing for what is not seen.
fn letters(text: Option<&str>) -> String {
    let Some(text) = text else {
        return char::REPLACEMENT_CHARACTER.to_string();
    };
    let mut letters = String::new();
    for letter in text.chars() {
        match letter {
            'ﬀ' => letters.push_str("ff"),
            'ﬁ' => letters.push_str("fi"),
            'ﬂ' => letters.push_str("fl"),
            'ﬃ' => letters.push_str("ffi"),
            'ﬄ' => letters.push_str("ffl"),
            'ﬅ' | 'ﬆ' => letters.push_str("st"),
            '\u{ad}' | '\u{2010}' | '\u{2011}' => letters.push('-'),
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' => {}
            '\u{f0b7}' => letters.push('•'),
            '\u{e000}'..='\u{f8ff}' => letters.push(char::REPLACEMENT_CHARACTER),
            _ if letter.is_whitespace() => letters.push(' '),
            _ if letter.is_control() => letters.push(char::REPLACEMENT_CHARACTER),
            _ => letters.push(letter),
        }
    }
    letters
}

fn continues(piece: &Piece, text: &str, (start, baseline): (f32, f32), size: f32) -> bool {
    let small = piece.size.min(size);
    let gap = start - piece.end;
    let is_accent = accent(text).is_some() || piece.text.chars().last().and_then(mark).is_some();
    let lift = if is_accent { 0.6 } else { 0.1 };
    (baseline - piece.baseline).abs() <= lift * small
        && piece.size.max(size) <= 1.5 * small
        && gap < WORD_GAP * small
        && (gap > -0.4 * small || start > piece.start && is_accent)
}

/// Puts letters behind a piece; an accent that stands over a letter becomes part of it.
fn push_letters(piece: &mut Piece, text: &str, start: f32) {
    let overlaps = piece.end - start > 0.2 * piece.size;
    if let Some(mark) = piece.text.chars().last().and_then(mark)
        && overlaps
    {
        piece.text.pop();
        piece.text.push_str(text);
        piece.text.push(mark);
        return;
    }
    match accent(text) {
        Some(mark) if overlaps => piece.text.push(mark),
        _ => piece.text.push_str(text),
    }
}

fn accent(text: &str) -> Option<char> {
    let mut letters = text.chars();
    let mark = letters.next().and_then(mark)?;
    letters.next().is_none().then_some(mark)
}

/// The combining mark that looks like a spacing accent.
const fn mark(accent: char) -> Option<char> {
    match accent {
        '¨' => Some('\u{308}'),
        '´' => Some('\u{301}'),
        '`' => Some('\u{300}'),
        'ˆ' => Some('\u{302}'),
        '˜' => Some('\u{303}'),
        '˚' => Some('\u{30a}'),
        '¸' => Some('\u{327}'),
        'ˇ' => Some('\u{30c}'),
        _ => None,
    }
}

/// Bold print and shadows are sometimes the same letters drawn twice, a hair apart.
fn without_shadows(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut kept: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let near = piece.size * 0.25;
        let recent = kept.iter_mut().rev().take(60);
        let twin = recent.into_iter().find(|it| {
            it.text == piece.text
                && (it.start - piece.start).abs() < near
                && (it.baseline - piece.baseline).abs() < near
        });
        match twin {
            Some(twin) => twin.closed |= piece.closed,
            None => kept.push(piece),
        }
    }
    kept
}

/// Pieces with one baseline, raised letters with those beside them.
fn by_baseline(mut pieces: Vec<Piece>) -> Vec<Line> {
    pieces.sort_by(|a, b| {
        a.baseline
            .partial_cmp(&b.baseline)
            .unwrap_or(Ordering::Equal)
    });
    let mut lines: Vec<(f32, f32, Line)> = Vec::new();
    for piece in pieces {
        let recent = lines.iter_mut().rev().take(12);
        let home = recent
            .into_iter()
            .filter(|(baseline, size, _)| {
                (piece.baseline - baseline).abs() <= SAME_BASELINE * size.min(piece.size)
            })
            .min_by(|a, b| {
                let (a, b) = ((a.0 - piece.baseline).abs(), (b.0 - piece.baseline).abs());
                a.partial_cmp(&b).unwrap_or(Ordering::Equal)
            });
        match home {
            Some((_, _, line)) => line.push(piece),
            None => lines.push((piece.baseline, piece.size, vec![piece])),
        }
    }
    raised_joined(lines)
}

/// Cents, footnote marks and units that are raised or lowered come to the line they lean on.
fn raised_joined(mut lines: Vec<(f32, f32, Line)>) -> Vec<Line> {
    for index in 0..lines.len() {
        let Some((baseline, size, line)) = lines.get(index).cloned() else {
            break;
        };
        if line.len() > 3 {
            continue;
        }
        let hosts = |other: &(f32, f32, Line)| {
            let rise = other.0 - baseline;
            let small = size < 0.85 * other.1;
            let leans = (-0.35 * other.1..=0.6 * other.1).contains(&rise);
            small
                && leans
                && line
                    .iter()
                    .all(|it| other.2.iter().any(|host| beside(host, it)))
        };
        let nearby = index.saturating_sub(3)..(index + 4).min(lines.len());
        let host = nearby
            .filter(|it| *it != index)
            .find(|it| lines.get(*it).is_some_and(hosts));
        if let Some(host) = host.and_then(|it| lines.get_mut(it)) {
            host.2.extend(line);
            if let Some(emptied) = lines.get_mut(index) {
                emptied.2.clear();
            }
        }
    }
    lines
        .into_iter()
        .map(|(_, _, line)| line)
        .filter(|it| !it.is_empty())
        .collect()
}

fn beside(host: &Piece, raised: &Piece) -> bool {
    (raised.start - host.end).abs() < 0.3 * host.size
}

/// Joins pieces that touch and between which no space was drawn.
fn joined(pieces: Line) -> Line {
    let mut words: Line = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match words.last_mut() {
            Some(word) if !word.closed && touches(word, &piece) => {
                push_letters(word, &piece.text, piece.start);
                word.end = word.end.max(piece.end);
                word.closed = piece.closed;
            }
            _ => words.push(piece),
        }
    }
    words
}

fn touches(word: &Piece, next: &Piece) -> bool {
    let small = word.size.min(next.size);
    let gap = next.start - word.end;
    gap < WORD_GAP * small && gap > -0.6 * small.max(1.0)
}

/// Joins letters that are set apart: `R e c h n u n g`.
fn spaced_joined(pieces: Line) -> Line {
    let mut words: Line = Vec::with_capacity(pieces.len());
    let mut run: Line = Vec::new();
    for piece in pieces {
        let is_single = piece.text.chars().count() == 1
            && piece
                .text
                .chars()
                .all(|it| it.is_alphanumeric() || ":.,-&/".contains(it));
        let follows = run.last().is_none_or(|last| {
            let gap = piece.start - last.end;
            gap <= SPACED_GAP * last.size && (piece.size - last.size).abs() < 0.1 * last.size
        });
        if !is_single || !follows {
            words.append(&mut run_joined(std::mem::take(&mut run)));
        }
        if is_single {
            run.push(piece);
        } else {
            words.push(piece);
        }
    }
    words.append(&mut run_joined(run));
    words
}

/// Joins a run of single letters where the gaps between them are alike; wider ones part words.
fn run_joined(run: Line) -> Line {
    let letters = run
        .iter()
        .filter(|it| it.text.chars().all(char::is_alphanumeric))
        .count();
    if letters < 4 {
        return run;
    }
    let pitches = run.iter().zip(run.iter().skip(1));
    let mut gaps: Vec<f32> = pitches.map(|(a, b)| b.start - a.end).collect();
    gaps.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(0.0);
    let mut words: Line = Vec::new();
    for piece in run {
        match words.last_mut() {
            Some(word) if piece.start - word.end <= usual * 1.5 + 0.1 * word.size => {
                word.text.push_str(&piece.text);
                word.end = piece.end;
                word.closed = piece.closed;
            }
            _ => words.push(piece),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use hayro_interpret::kurbo::Point;

    use super::*;

    /// Glyphs of 10 points, each 5 points wide, from `x` on; a `_` leaves its place empty.
    fn glyphs(text: &str, x: f64, y: f64, pitch: f64) -> Vec<Glyph> {
        let mut at = x;
        let mut glyphs = Vec::new();
        for letter in text.chars() {
            if letter != '_' {
                glyphs.push(Glyph {
                    text: Some(letter.to_string()),
                    origin: Point::new(at, y),
                    quadrant: 0,
                    advance: 5.0,
                    size: 10.0,
                });
            }
            at += pitch;
        }
        glyphs
    }

    fn read(glyphs: &[Glyph]) -> Vec<Vec<String>> {
        let lines = lines(glyphs, 0);
        lines
            .iter()
            .map(|line| line.iter().map(|it| it.text.clone()).collect())
            .collect()
    }

    #[test]
    fn gaps_and_spaces_end_words() {
        let page = [glyphs("Summe 84,20__EUR", 10.0, 100.0, 5.0)].concat();
        assert_eq!(read(&page), [["Summe", "84,20", "EUR"]]);
    }

    #[test]
    fn cells_of_a_table_stay_apart_and_in_their_row() {
        let page = [
            glyphs("84,20", 300.0, 101.0, 5.0),
            glyphs("Strom", 10.0, 100.0, 5.0),
        ]
        .concat();
        assert_eq!(read(&page), [["Strom", "84,20"]]);
    }

    #[test]
    fn letters_set_apart_are_one_word() {
        assert_eq!(
            read(&glyphs("RECHNUNG__NUMMER", 10.0, 100.0, 9.0)),
            [["RECHNUNG", "NUMMER"]]
        );
        assert_eq!(
            read(&glyphs("R E C H N U N G", 10.0, 100.0, 5.0)),
            [["RECHNUNG"]]
        );
        assert_eq!(read(&glyphs("a b", 10.0, 100.0, 5.0)), [["a", "b"]]);
    }

    #[test]
    fn ligatures_accents_and_shadows_become_letters() {
        let mut page = glyphs("Auﬂage", 10.0, 100.0, 5.0);
        page.extend(glyphs("Auﬂage", 10.3, 100.0, 5.0));
        let mut accented = glyphs("T", 100.0, 100.0, 5.0);
        accented.extend(glyphs("¨", 105.0, 100.0, 5.0));
        accented.extend(glyphs("ur", 105.2, 100.0, 5.0));
        page.extend(accented);
        assert_eq!(read(&page), [["Auflage", "Tür"]]);
    }

    #[test]
    fn raised_cents_lean_on_their_price() {
        let mut page = glyphs("12,", 10.0, 100.0, 5.0);
        page.extend(glyphs("99", 25.0, 96.0, 3.0).into_iter().map(|it| Glyph {
            size: 6.0,
            advance: 3.0,
            ..it
        }));
        assert_eq!(read(&page), [["12,99"]]);
    }

    #[test]
    fn text_that_runs_up_is_read_along_its_line() {
        let page: Vec<Glyph> = (0..3)
            .zip("auf".chars())
            .map(|(index, letter)| Glyph {
                text: Some(letter.to_string()),
                origin: Point::new(20.0, 200.0 - 5.0 * f64::from(index)),
                quadrant: 3,
                advance: 5.0,
                size: 10.0,
            })
            .collect();
        let lines = lines(&page, 3);
        assert_eq!(lines[0][0].text, "auf");
    }
}
