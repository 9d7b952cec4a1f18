//! The name at the head of a till's slip: of a company above its registration number and its
//! address, of a shop above those.

use crate::domain::document::Word;
use crate::domain::finding::Evidence;
use crate::domain::value::Rect;

use super::super::lex::{Lexeme, Sort, find_any, has, lex};
use super::super::paper::Paper;
use super::is_only_a_day;

/// Rows from the top that are looked at.
const ROWS: usize = 16;
/// Below this mean confidence a row is handwriting, a logo or dirt.
const CONFIDENCE_MIN: f32 = 0.4;
/// A name of two rows has at most so many words.
const WORDS_MAX: usize = 9;

/// Legal forms, also as poor print is read.
const FORMS: &[&str] = &[
    "sdn|son|sbn|sdm|sdh|bdn bhd|bho|bhb|bnd|8hd|ind|berhad",
    "bhd|berhad|gmbh|ltd|limited|plc|plt|llp|llc|inc|ohg|ag|kg|e.k|ug|sarl|bv",
];

/// How a row of an address begins, and words that only addresses hold.
const PLACES: &[&str] = &[
    "jalan|jln|jin|lorong|lebuh|lebuhraya|taman|tmn|kampung|seksyen|bandar|persiaran|mukim",
    "lot|unit|level|block|blk|suite|plot|floor #",
    "ground|first|second|third|1st|2nd|3rd|grd floor",
    "street|road|avenue|lane|highway|drive",
    "*straße|*strasse|*str|*weg|*platz|*gasse|*allee #",
    "kuala lumpur|terengganu",
    "selangor|johor|penang|perak|pahang|kelantan|melaka|sabah|sarawak|malaysia|singapore",
];

/// What stands before a telephone's number.
const PHONES: &[&str] = &["tel|te1|telefon|telephone|phone|fax|mobile|mobil|hotline|hp|whatsapp"];

/// What heads a slip without naming anybody.
const HEADINGS: &[&str] = &[
    "tax|cash|sales|official|guest|customer|simplified|duplicate invoice|bill|receipt|sales|check|copy",
    "invoice|receipt|rechnung|quittung|kassenbon|beleg|welcome|willkommen|thank|thanks|vielen|danke",
    "gst|tel|te1|fax|phone|hotline|email|mail|www|http|https|date|datum|cashier|kasse|table|order|bill|no|nr",
    "inh|inhaber|inhaberin|prop|proprietor|filiale",
    "page|copy|returnable|refundable|exchange|reprint|duplicate|goods",
];

/// What registers a company or its tax: the row above names it.
const REGISTERED: &[&str] = &[
    "co|company|reg|registration|business|roc|gst|sst|ust|uid|vat|tax|tin [reg|registration|ref] [id] NR",
    "gst|sst|vat|ust|uid [reg|registration] id|reg|ref",
    "company|co reg|no|nr",
    "reg|registration n",
];

/// A row of words at the top of a slip.
struct Row {
    /// Its words that may name somebody.
    name: String,
    at: Rect,
    confidence: f32,
    /// Its words, all.
    lexemes: Vec<Lexeme>,
    /// Whether a registration stands in it, behind a name or alone.
    is_registered: bool,
}

impl Row {
    fn of(words: &[Word]) -> Option<Self> {
        let text = words
            .iter()
            .map(|it| it.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let at = words.iter().map(|it| it.at).reduce(|a, b| a.union(&b))?;
        let letters = |it: &Word| {
            let count = it.text.chars().filter(|it| it.is_alphanumeric()).count();
            f32::from(u16::try_from(count).unwrap_or(u16::MAX))
        };
        let all: f32 = words.iter().map(letters).sum();
        let sure: f32 = words.iter().map(|it| letters(it) * it.confidence).sum();
        let lexemes = lex(&text);
        let is_registration = is_registration(&text, &lexemes);
        let (name, is_cut) = unregistered(&text);
        let is_hours = is_only_a_day(&lex(name));
        let name = if is_registration || is_hours {
            ""
        } else {
            trimmed(name)
        };
        let row = Self {
            name: name.to_owned(),
            at,
            confidence: sure / all.max(1.0),
            is_registered: is_registration,
            lexemes,
        };
        // The numbers of a plot, of a town, of a telephone and of opening hours are no register's.
        let is_other = row.is_address() || has(&row.lexemes, PHONES) || is_hours;
        Some(Self {
            is_registered: is_registration || is_cut && !is_other,
            ..row
        })
    }

    /// Whether a legal form stands in it: behind a name, or alone where the name is the row above.
    /// `KG. BARU` begins with no form but is a village.
    fn is_form(&self) -> bool {
        let lexemes = lex(&self.name);
        let found = find_any(&lexemes, FORMS);
        let begins = self.name.to_lowercase().starts_with("kg");
        found.is_some_and(|it| it.start > 0 || !begins)
    }

    /// Whether it goes on with what the row above begins: `& Leaf Sdn Bhd`, `Co. (M) Sdn Bhd`,
    /// `Stationery Sdn Bhd`.
    fn goes_on(&self) -> bool {
        let lexemes = lex(&self.name);
        let own = lexemes.iter().filter(|it| {
            let word = std::slice::from_ref(*it);
            it.sort == Sort::Word && it.text.len() > 2 && !has(word, FORMS_ALONE)
        });
        let begins = self.name.starts_with(['&', '(', '{', '+']);
        self.is_form() && (begins || own.count() <= 1)
    }

    /// Whether an amount ends it: what was bought.
    fn is_priced(&self) -> bool {
        matches!(self.lexemes.as_slice(), [.., whole, mark, places]
            if whole.sort == Sort::Number && mark.is_one_of(".,")
                && places.sort == Sort::Number && places.text.len() == 2)
    }

    fn is_heading(&self) -> bool {
        let begins = self.lexemes.get(..self.lexemes.len().min(3));
        has(begins.unwrap_or(&[]), HEADINGS)
    }

    fn is_address(&self) -> bool {
        let is_number = |it: &&Lexeme| it.sort == Sort::Number;
        let has_code = self
            .lexemes
            .iter()
            .filter(is_number)
            .any(|it| it.text.len() == 5 && !it.glued);
        let begins = self.lexemes.iter().find(|it| it.sort != Sort::Mark);
        let begins_no = begins.is_some_and(|it| matches!(it.text.as_str(), "no" | "lot" | "nr"));
        let begins_number = begins.is_some_and(|it| is_number(&it));
        let has_number = self.lexemes.iter().any(|it| is_number(&it));
        let is_place = has(&self.lexemes, PLACES);
        let commas = self.name.matches(',').count();
        !self.is_form()
            && (has_code
                || ends_in_postcode(&self.name)
                || begins_no && has_number
                || is_place && (has_number || commas > 0)
                || begins_number && commas > 0)
    }

    /// Whether it may name whoever keeps the till.
    fn is_name(&self) -> bool {
        let letters = self.name.chars().filter(|it| it.is_alphabetic()).count();
        let marks = self
            .name
            .chars()
            .filter(|it| !it.is_alphanumeric() && !it.is_whitespace());
        let digits = self.name.chars().filter(char::is_ascii_digit).count();
        let long = |it: &str| {
            let word = it.trim_matches(|it: char| !it.is_alphanumeric());
            word.chars().filter(|it| it.is_alphabetic()).count() >= 3
                && word.starts_with(char::is_uppercase)
        };
        letters >= 4
            && letters > marks.count() * 2
            && letters > digits
            && !self.is_priced()
            && digits <= 6
            && self.name.split(' ').any(long)
            && (self.confidence >= CONFIDENCE_MIN || self.is_form())
            && (self.is_form() || !self.is_heading() && !self.is_address())
    }
}

/// Whether a row ends in a British postcode: `Ludlow SY8 1AB`.
fn ends_in_postcode(row: &str) -> bool {
    let mut words = row.rsplit(' ').map(str::as_bytes);
    let (Some(inward), Some(outward)) = (words.next(), words.next()) else {
        return false;
    };
    let is_inward = matches!(inward, [digit, first, second]
        if digit.is_ascii_digit() && first.is_ascii_uppercase() && second.is_ascii_uppercase());
    let letters = outward
        .iter()
        .take_while(|it| it.is_ascii_uppercase())
        .count();
    let is_outward = (1..=2).contains(&letters)
        && (letters + 1..=letters + 2).contains(&outward.len())
        && outward.get(letters).is_some_and(u8::is_ascii_digit);
    is_inward && is_outward
}

/// Words that legal forms and what stands around them are made of.
const FORMS_ALONE: &[&str] = &[
    "sdn|son|sbn|sdm|sdh|bdn|bhd|bho|bhb|bnd|ind|berhad|gmbh|ltd|limited|plc|plt|llp|llc|inc|pte|pty|co|company|und|and",
];

/// The name of whoever keeps the till, where it stands, and how sure that is.
pub(super) fn name(paper: &Paper<'_>) -> Option<(String, Evidence, f32)> {
    let rows = head(paper);
    let formal = rows.iter().position(|it| it.is_form() && it.is_name());
    let (first, last, confidence) = if let Some(at) = formal {
        let before = at
            .checked_sub(1)
            .filter(|it| rows.get(*it).is_some_and(Row::is_name));
        let goes_on = rows.get(at).is_some_and(Row::goes_on);
        (before.filter(|_| goes_on).unwrap_or(at), at, 0.85)
    } else {
        let first = rows.iter().position(Row::is_name)?;
        // What stands right above a registration is its name; above an address or without either
        // the name is what comes first, and the row below where both lead to the address.
        let registered = rows.iter().position(|it| it.is_registered);
        let above = registered.and_then(|it| {
            let own = rows.get(it).filter(|it| it.is_name()).map(|_| it);
            own.or_else(|| {
                it.checked_sub(1)
                    .filter(|it| rows.get(*it).is_some_and(Row::is_name))
            })
        });
        let last = above.unwrap_or_else(|| second(&rows, first));
        let joins = last == first + 1 && words(&rows, first, last) <= WORDS_MAX;
        let first = if joins { first } else { last };
        (first, last, 0.7)
    };
    let found = rows.get(first..=last)?;
    let name = found
        .iter()
        .map(|it| it.name.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let name = with_form(&name);
    let at = found.iter().map(|it| it.at).reduce(|a, b| a.union(&b))?;
    let evidence = Evidence {
        page: 1,
        text: name.clone(),
        at,
    };
    Some((name, evidence, confidence))
}

/// The second row of a name that begins at `first`: one of its size, right below, above an address.
fn second(rows: &[Row], first: usize) -> usize {
    let below = rows.get(first..first + 3);
    let goes_on = below.is_some_and(|it| match it {
        [upper, lower, next] => {
            let gap = lower.at.y - upper.at.bottom();
            let alike = (0.7..1.4).contains(&(lower.at.h / upper.at.h.max(0.1)));
            lower.is_name() && alike && gap < upper.at.h && next.is_address()
        }
        _ => false,
    });
    if goes_on { first + 1 } else { first }
}

fn words(rows: &[Row], first: usize, last: usize) -> usize {
    let found = rows.get(first..=last).unwrap_or(&[]);
    found.iter().map(|it| it.name.split(' ').count()).sum()
}

/// The rows at the top of the first page that hold letters.
fn head(paper: &Paper<'_>) -> Vec<Row> {
    let Some(page) = paper.reading.pages.first() else {
        return Vec::new();
    };
    let bottom = page
        .words
        .iter()
        .map(|it| it.at.bottom())
        .fold(0.0, f32::max);
    let top = page.words.iter().map(|it| it.at.y).fold(bottom, f32::min);
    let limit = top + (bottom - top) * 0.35;
    let lines = page.words.chunk_by(|a, b| a.line == b.line);
    let rows = lines.filter_map(Row::of).filter(|it| it.at.y < limit);
    let with_letters = rows.filter(|it| {
        let letters = it.lexemes.iter().filter(|it| it.sort != Sort::Mark);
        letters.map(|it| it.text.len()).sum::<usize>() >= 4
    });
    with_letters.take(ROWS).collect()
}

/// A row without the registration behind the name, and whether there was one:
/// `Example Sdn Bhd (123456-X)`, `Example Ltd Co. Reg. No 1234567`.
fn unregistered(text: &str) -> (&str, bool) {
    let is_number = |it: &str| it.bytes().filter(u8::is_ascii_digit).count() >= 5;
    let mut offset = 0;
    for word in text.split(' ') {
        let bare = word.trim_start_matches(['(', '{', '[', '<', ':']);
        let opens = bare.len() < word.len();
        let folded = bare.to_lowercase();
        let names_it = ["co", "reg", "roc", "gst", "no", "company", "business"]
            .iter()
            .any(|it| folded.trim_end_matches(|it: char| !it.is_alphanumeric()) == *it);
        let rest = text.get(offset..).unwrap_or("");
        if offset > 0 && (is_number(word) || opens && names_it && is_number(rest)) {
            return (text.get(..offset).unwrap_or(text), true);
        }
        offset += word.len() + 1;
    }
    (text, false)
}

/// `SDN BHD` where poor print made `SON BHD` or `SDN 8HD` of it: no other word stands beside either.
fn with_form(name: &str) -> String {
    const FIRST: &[&str] = &["sdn", "son", "sbn", "sdm", "sdh", "bdn", "s0n"];
    const SECOND: &[&str] = &["bhd", "bho", "bhb", "bnd", "8hd", "ind"];
    let is_one_of = |word: &str, of: &[&str]| {
        of.contains(&word.trim_end_matches(['.', ',']).to_lowercase().as_str())
    };
    let mut words: Vec<String> = name.split(' ').map(ToOwned::to_owned).collect();
    let at = words.windows(2).position(|it| {
        matches!(it, [first, second] if is_one_of(first, FIRST) && is_one_of(second, SECOND)
            && (is_one_of(first, &["sdn"]) || is_one_of(second, &["bhd"])))
    });
    let is_small = name.chars().any(char::is_lowercase);
    let of_case = if is_small {
        ["Sdn", "Bhd"]
    } else {
        ["SDN", "BHD"]
    };
    if let Some(pair) = at.and_then(|it| words.get_mut(it..it + 2)) {
        for (word, form) in pair.iter_mut().zip(of_case) {
            let dot = if word.ends_with('.') { "." } else { "" };
            *word = format!("{form}{dot}");
        }
    }
    words.join(" ")
}

/// Whether a row is a registration alone: `(001610235-P)`, `Company Reg. No. : 725186-V`.
fn is_registration(text: &str, lexemes: &[Lexeme]) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let label = find_any(lexemes, REGISTERED);
    let before = label.and_then(|it| lexemes.get(..it.start));
    let begins = before.is_some_and(|it| it.iter().all(|it| it.sort == Sort::Mark));
    let is_alone = digits >= 5 && letters <= 3 && text.contains(['-', '(', ')']);
    is_alone || digits >= 5 && begins
}

/// Without marks and single signs that dirt leaves at either end.
fn trimmed(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let is_dirt = |it: &str| !it.chars().any(char::is_alphanumeric) && !it.contains('&');
        let first = text.split(' ').next().unwrap_or("");
        if !first.is_empty() && is_dirt(first) && first.len() < text.len() {
            text = text.get(first.len()..).unwrap_or("").trim_start();
            continue;
        }
        let last = text.rsplit(' ').next().unwrap_or("");
        if !last.is_empty() && is_dirt(last) && last.len() < text.len() {
            text = text.get(..text.len() - last.len()).unwrap_or("").trim_end();
            continue;
        }
        break;
    }
    text.trim_matches(|it: char| !it.is_alphanumeric() && !"().&'!".contains(it))
}

#[cfg(test)]
mod tests {
    use super::super::super::lines::tests::{context, typed};
    use super::*;

    fn named(head: &str) -> Option<String> {
        let rows = "\n1 BREAD 2.50\n1 MILK 3.10".repeat(12);
        let reading = typed(&format!("{head}{rows}"));
        let context = context();
        name(&Paper::of(&reading, &context)).map(|(name, ..)| name)
    }

    #[test]
    fn a_company_is_named_with_its_form_and_without_its_number() {
        for (head, wanted) in [
            (
                "Kedai Maju Sdn Bhd (Co. No:48112-T)\n(GST Reg No : 000850111222)\nLevel 2, Wisma Dua",
                "Kedai Maju Sdn Bhd",
            ),
            (
                "BLUE LAGOON\nHome of good fish\nHARBOUR FOODS SON BHD\n(No. 198111-M)\nJalan Satu 3",
                "HARBOUR FOODS SDN BHD",
            ),
            (
                "ORCHID BOOK\nCO. (M) SDN BHD\n(Company No. 113111-V)\nNo 8, Jalan 7/118B",
                "ORCHID BOOK CO. (M) SDN BHD",
            ),
            (
                "GREEN & TEA\n& LEAF (M) SDN. BHD.\nLOT F36, FIRST FLOOR",
                "GREEN & TEA & LEAF (M) SDN. BHD.",
            ),
            (
                "Bäckerei Huber GmbH\nHauptstraße 3\n80331 München",
                "Bäckerei Huber GmbH",
            ),
        ] {
            assert_eq!(named(head).as_deref(), Some(wanted), "{head}");
        }
    }

    #[test]
    fn a_shop_is_named_above_its_registration_or_its_address() {
        for (head, wanted) in [
            (
                "lim ah kow\nROSE GIFT & DECO\n27, JALAN DEDAP 13,\nTAMAN JAYA",
                "ROSE GIFT & DECO",
            ),
            (
                "GOODS SOLD ARE NOT RETURNABLE\nABC CASH & CARRY\n(002107111-V)\nNO. 15 JLN TSJ2, TMN JASA",
                "ABC CASH & CARRY",
            ),
            (
                "TAX INVOICE\nPIZZA CORNER\nGST REF NO : 001694111222\nPIZZA CORNER TOWN",
                "PIZZA CORNER",
            ),
            (
                "GEMÜSE HUBER\nInh. Anna Huber e.K.\nMarkt 3\n80331 München",
                "GEMÜSE HUBER",
            ),
            (
                "MARKT MÜLLER\nInh. Eva Müller e.K.\nMarktplatz 9 - 25813 Husum\nTel. 04841 66 90\nMo-Sa 7:00-21:00",
                "MARKT MÜLLER",
            ),
            (
                "RESTORAN AMAN\nAMAN HOUSE\n13, JLN TASIK UTAMA 8",
                "RESTORAN AMAN AMAN HOUSE",
            ),
            (
                "TAX INVOICE\nBPOil] Seri Jaya 2\nLOT PTD 101051\nJalan Seri 10/10\nAmin Fuel Enterprise\nCO. REG. NO: 001011111-T",
                "Amin Fuel Enterprise",
            ),
            (
                "SIMPLIFIED TAX INVOICE\nLIM HOCK & COMPANY\nREG. N0:00148111-H\nNO.54, BATU 5,JALAN IPOH,\nKG. BARU\n51200 KUALA LUMPUR",
                "LIM HOCK & COMPANY",
            ),
            (
                "The Tin Whistle\n3 Bridge Street\nTenbury WR15 8AB\nTel 01584 810111\nVAT No 231 8111 12",
                "The Tin Whistle",
            ),
            (
                "Birch Creek Market\n80 Oak Street\nDayton, OH 45111\n(937) 555-0111\nStore #0411",
                "Birch Creek Market",
            ),
            (
                "| HILL COMPANY ,\nCompany Reg. No. : 725111-V\nNO 1&3, Jalan Wangsa 12",
                "HILL COMPANY",
            ),
        ] {
            assert_eq!(named(head).as_deref(), Some(wanted), "{head}");
        }
        assert_eq!(
            named("12, Jalan Tiga\n43200 Cheras\nTel: 03 1234 5678"),
            None
        );
    }
}
