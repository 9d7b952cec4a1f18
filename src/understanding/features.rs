//! What the model for a document's kind sees of it; `models/features.py` computes the same numbers,
//! and a fixture written by it keeps the two together.
//!
//! Words and pairs of words are hashed into blocks: all of them, those at the top, those of large
//! and short lines, pieces of long words. A block's length is 1, however many words a document has.
//! Counts come in steps at the end.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::domain::document::{Page, Reading, Word};

/// How many numbers there are.
pub const DIMENSION: usize = 16_384;

const WORDS_MAX: usize = 1500;
const PAGES_MAX: usize = 4;
const TOP_WORDS: usize = 60;
const IBAN_COUNTRIES: [&str; 10] = ["de", "at", "ch", "gb", "ie", "li", "lu", "nl", "fr", "be"];

/// A run of features that belong together.
#[derive(Clone, Copy)]
struct Block {
    offset: usize,
    size: usize,
}

impl Block {
    const fn new(offset: usize, size: usize) -> Self {
        Self { offset, size }
    }
}

const UNIGRAMS: Block = Block::new(0, 4096);
const BIGRAMS: Block = Block::new(4096, 4096);
const TOP: Block = Block::new(8192, 2048);
const HEADS: Block = Block::new(10_240, 1984);
const SUBWORDS: Block = Block::new(12_224, 4096);
const NUMBERS: Block = Block::new(16_320, 64);

/// The features of a document, [`DIMENSION`] numbers.
pub fn features(reading: &Reading) -> Vec<f32> {
    let mut seen = Features {
        values: vec![0.0; DIMENSION],
        counts: Counts::default(),
    };
    for (index, page) in reading.pages.iter().take(PAGES_MAX).enumerate() {
        let top = if index == 0 { Top::of(page) } else { Top::NONE };
        seen.add_page(page, top);
    }
    if let Some(first) = reading.pages.first() {
        seen.add_heads(first);
    }
    for block in [UNIGRAMS, BIGRAMS, TOP, HEADS, SUBWORDS] {
        seen.scale(block);
    }
    seen.add_numbers(&reading.pages);
    seen.values
}

/// Which words of a page stand at its top: the first few, and those above an edge.
#[derive(Clone, Copy)]
struct Top {
    words: usize,
    edge: f32,
}

impl Top {
    const NONE: Self = Self {
        words: 0,
        edge: f32::NEG_INFINITY,
    };

    fn of(page: &Page) -> Self {
        Self {
            words: TOP_WORDS,
            edge: 250.0 * page.height / page.width,
        }
    }
}

#[derive(Default)]
struct Counts {
    words: usize,
    amounts: usize,
    dates: usize,
    minuses: usize,
    percents: usize,
    digits: usize,
    letters: usize,
}

struct Features {
    values: Vec<f32>,
    counts: Counts,
}

impl Features {
    fn add(&mut self, block: Block, parts: &[&str]) {
        self.set(block, hash(parts) % block.size, 1.0);
    }

    fn set(&mut self, block: Block, index: usize, value: f32) {
        if let Some(slot) = self.values.get_mut(block.offset + index) {
            *slot = value;
        }
    }

    /// Gives what is set in a block the length 1.
    fn scale(&mut self, block: Block) {
        let Some(values) = self.values.get_mut(block.offset..block.offset + block.size) else {
            return;
        };
        let squares: f32 = values.iter().sum();
        if squares > 0.0 {
            for value in values {
                *value /= squares.sqrt();
            }
        }
    }

    fn add_page(&mut self, page: &Page, top: Top) {
        let (mut last, mut last_top) = (None::<String>, None::<String>);
        for word in &page.words {
            if self.counts.words >= WORDS_MAX {
                break;
            }
            self.counts.words += 1;
            let at_top = self.counts.words <= top.words || word.at.y < top.edge;
            self.count_symbols(&word.text);
            for token in tokens(&word.text) {
                self.count_token(&token);
                self.add(UNIGRAMS, &["u ", &token]);
                self.add_pair(BIGRAMS, "b ", last.as_deref(), &token);
                if at_top {
                    self.add(TOP, &["t ", &token]);
                    self.add_pair(TOP, "t ", last_top.as_deref(), &token);
                    last_top = Some(token.clone());
                }
                self.add_pieces(&token);
                last = Some(token);
            }
        }
    }

    /// `token` with the one before it, if there was one.
    fn add_pair(&mut self, block: Block, mark: &str, before: Option<&str>, token: &str) {
        if let Some(before) = before {
            self.add(block, &[mark, before, " ", token]);
        }
    }

    fn count_symbols(&mut self, text: &str) {
        self.counts.digits += text.bytes().filter(u8::is_ascii_digit).count();
        self.counts.letters += text.bytes().filter(u8::is_ascii_alphabetic).count();
    }

    fn count_token(&mut self, token: &str) {
        match token {
            "<amount>" => self.counts.amounts += 1,
            "<date>" => self.counts.dates += 1,
            "<minus>" => self.counts.minuses += 1,
            "<pct>" => self.counts.percents += 1,
            _ => {}
        }
    }

    /// Pieces of five letters, so that a compound is known by its parts.
    fn add_pieces(&mut self, token: &str) {
        if token.len() < 7 || !token.starts_with(|it: char| it.is_ascii_lowercase()) {
            return;
        }
        let padded = format!("^{token}$");
        for piece in padded.as_bytes().windows(5) {
            if let Ok(piece) = std::str::from_utf8(piece) {
                self.add(SUBWORDS, &["s ", piece]);
            }
        }
    }

    /// Large lines word by word; short lines in the upper part as a whole.
    fn add_heads(&mut self, page: &Page) {
        let lines: Vec<&[Word]> = page.words.chunk_by(|a, b| a.line == b.line).collect();
        let height = |line: &[Word]| line.iter().map(|it| it.at.h).fold(0.0, f32::max);
        let mut heights: Vec<f32> = lines.iter().map(|line| height(line)).collect();
        heights.sort_by(f32::total_cmp);
        let median = heights.get(heights.len() / 2).copied().unwrap_or(0.0);
        let limit = 600.0 * page.height / page.width;
        for line in lines {
            let own: Vec<String> = line.iter().flat_map(|word| tokens(&word.text)).collect();
            if height(line) >= 1.3 * median {
                for token in &own {
                    self.add(HEADS, &["h ", token]);
                }
                for pair in own.windows(2) {
                    self.add(HEADS, &["h ", &pair.join(" ")]);
                }
            }
            let is_high = line.first().is_some_and(|it| it.at.y < limit);
            if (1..=4).contains(&own.len()) && is_high {
                self.add(HEADS, &["l ", &own.join(" ")]);
            }
        }
    }

    fn add_numbers(&mut self, pages: &[Page]) {
        let ratio = pages.first().map_or(1.0, |it| it.height / it.width);
        let counts = &self.counts;
        let symbols = (counts.digits + counts.letters).max(1);
        let share = percent(counts.digits, symbols);
        let steps = [
            step(&pages.len(), &[2, 3, 4]),
            step(&ratio, &[0.6, 1.0, 1.2, 1.6, 2.2]),
            step(&counts.words, &[20, 50, 100, 180, 300, 500, 900]),
            step(&counts.amounts, &[1, 2, 4, 7, 12, 20, 35]),
            step(&counts.dates, &[1, 2, 3, 5, 8, 14, 25]),
            step(&counts.minuses, &[1, 2, 5]),
            step(&counts.percents, &[1, 2, 4]),
            step(&share, &[3.0, 7.0, 12.0, 20.0, 30.0, 45.0]),
        ];
        for (group, step) in steps.into_iter().enumerate() {
            self.set(NUMBERS, 8 * group + step, 0.5);
        }
    }
}

/// How many percent of `whole` are `part`.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the result is only compared with steps; a rounded last digit moves none that matters"
)]
fn percent(part: usize, whole: usize) -> f32 {
    100.0 * part as f32 / whole as f32
}

/// In which step a count lies.
fn step<T: PartialOrd>(value: &T, limits: &[T]) -> usize {
    limits.iter().filter(|limit| value >= limit).count()
}

/// FNV-1a over the parts, 32 bits, its upper half folded in.
pub(super) fn hash(parts: &[&str]) -> usize {
    let mut value: u32 = 2_166_136_261;
    for byte in parts.iter().flat_map(|it| it.bytes()) {
        value = (value ^ u32::from(byte)).wrapping_mul(16_777_619);
    }
    usize::try_from(value ^ (value >> 15)).unwrap_or(0)
}

/// Lower case without accents; what is no ASCII letter or digit stays as it is.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|it| canonical_combining_class(*it) == 0) {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'ø' | 'Ø' => folded.push('o'),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ł' | 'Ł' => folded.push('l'),
            other => folded.push(other.to_ascii_lowercase()),
        }
    }
    folded
}

/// The tokens of one word as it stands on the page.
fn tokens(word: &str) -> Vec<String> {
    let word = fold(word);
    let mut tokens = Vec::new();
    if word.contains(|it: char| it.is_ascii_digit()) {
        tokens.extend(word.chars().filter_map(currency).map(str::to_owned));
        tokens.push(shape(&word));
        return tokens;
    }
    let mut part = String::new();
    for letter in word.chars() {
        if letter.is_ascii_lowercase() {
            part.push(letter);
            continue;
        }
        if !part.is_empty() {
            tokens.push(std::mem::take(&mut part));
        }
        let symbol = if letter == '%' {
            Some("<pct>")
        } else {
            currency(letter)
        };
        tokens.extend(symbol.map(str::to_owned));
    }
    if !part.is_empty() {
        tokens.push(part);
    }
    tokens
}

fn currency(symbol: char) -> Option<&'static str> {
    match symbol {
        '€' => Some("<eur>"),
        '£' => Some("<gbp>"),
        '$' => Some("<usd>"),
        _ => None,
    }
}

/// The token that stands for a folded word with digits in it.
fn shape(word: &str) -> String {
    if word.contains('%') {
        return "<pct>".to_owned();
    }
    let is_core = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit();
    let headless = word.trim_start_matches(|it| !is_core(it));
    let core = headless.trim_end_matches(|it| !is_core(it));
    let tail = headless.strip_prefix(core).unwrap_or_default();
    if core.contains(|it: char| it.is_ascii_lowercase()) {
        return mixed(core);
    }
    let parts: Vec<usize> = core
        .split(|it: char| !it.is_ascii_digit())
        .map(str::len)
        .collect();
    let separators: Vec<char> = core.chars().filter(|it| !it.is_ascii_digit()).collect();
    let is_negative = word.starts_with(['-', '−']) || tail.starts_with('-');
    let token = match (parts.as_slice(), separators.as_slice()) {
        ([4], _) if core.starts_with("19") || core.starts_with("20") => "<year>",
        ([..=2], _) => "<n1>",
        ([3..=5], _) => "<n2>",
        ([6..=9], _) => "<n3>",
        ([_], _) => "<n4>",
        ([1 | 2, 1 | 2, 2 | 4] | [4, 1 | 2, 1 | 2], [first @ ('.' | '/' | '-'), second])
            if first == second =>
        {
            "<date>"
        }
        ([1 | 2, 2], [':']) => "<time>",
        ([1 | 2, 2], ['.']) if tail.starts_with('.') => "<date>",
        ([.., 2], [.., '.' | ',']) if is_negative => "<minus>",
        ([.., 2], [.., '.' | ',']) => "<amount>",
        _ => "<nx>",
    };
    token.to_owned()
}

/// The token of a word of letters and digits.
fn mixed(core: &str) -> String {
    let (country, rest) = core.split_at_checked(2).unwrap_or((core, ""));
    let length = core.chars().count();
    let is_iban = IBAN_COUNTRIES.contains(&country)
        && rest.bytes().take(2).filter(u8::is_ascii_digit).count() == 2
        && (length == 4 || length >= 15);
    if is_iban {
        "<iban>".to_owned()
    } else if core.starts_with(|it: char| it.is_ascii_lowercase()) && length <= 5 {
        core.to_owned()
    } else {
        "<code>".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understanding::kind::fixture;

    #[test]
    fn words_fold_to_the_tokens_that_the_model_was_trained_on() {
        for (word, wanted) in fixture::read().words {
            assert_eq!(tokens(&word), wanted, "{word}");
        }
    }

    #[test]
    fn features_are_those_that_the_model_was_trained_on() {
        for document in fixture::read().documents {
            let got: Vec<(usize, f32)> = features(&document.reading())
                .into_iter()
                .enumerate()
                .filter(|(_, value)| *value > 0.0)
                .collect();
            assert_eq!(got.len(), document.features.len());
            for ((index, value), (wanted, share)) in got.iter().zip(&document.features) {
                assert_eq!(index, wanted);
                assert!((value - share).abs() < 1e-4, "{index}: {value} for {share}");
            }
        }
    }

    #[test]
    fn a_reading_without_pages_has_features_too() {
        let empty = fixture::reading(Vec::new());
        assert_eq!(features(&empty).len(), DIMENSION);
    }
}
