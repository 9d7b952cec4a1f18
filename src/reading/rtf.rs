//! Rich text (RTF 1.9.1): its words, without fonts, pictures and what programs note for themselves.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Groups within groups that are told apart; deeper ones are as their parent.
const GROUPS_MAX: usize = 1000;
/// Groups that say nothing to people.
const UNSEEN: &[&[u8]] = &[
    b"fonttbl",
    b"colortbl",
    b"stylesheet",
    b"info",
    b"pict",
    b"object",
    b"themedata",
    b"colorschememapping",
    b"datastore",
    b"latentstyles",
    b"listtable",
    b"listoverridetable",
    b"rsidtbl",
    b"generator",
    b"xmlnstbl",
    b"fldinst",
    b"bkmkstart",
    b"bkmkend",
    b"nonshppict",
    b"revtbl",
    b"filetbl",
    b"annotation",
    b"pgdsctbl",
];

#[derive(Clone, Copy)]
struct Group {
    is_unseen: bool,
    /// Letters that stand in for one of Unicode and are skipped.
    stand_ins: usize,
}

/// What the text says, pages apart by a form feed.
pub fn text(bytes: &[u8]) -> String {
    let mut reader = Rtf {
        rest: bytes,
        text: String::new(),
        raw: Vec::new(),
        groups: Vec::new(),
        group: Group {
            is_unseen: false,
            stand_ins: 1,
        },
        skipped: 0,
        code_page: "windows-1252".to_owned(),
        high: None,
    };
    while reader.step() {}
    reader.flush();
    reader.text
}

struct Rtf<'a> {
    rest: &'a [u8],
    text: String,
    /// Letters in the document's code page.
    raw: Vec<u8>,
    groups: Vec<Group>,
    group: Group,
    /// Stand-ins still to skip.
    skipped: usize,
    code_page: String,
    /// The first half of a letter beyond the first plane.
    high: Option<u16>,
}

impl<'a> Rtf<'a> {
    fn step(&mut self) -> bool {
        let Some((first, rest)) = self.rest.split_first() else {
            return false;
        };
        self.rest = rest;
        match first {
            b'{' => {
                if self.groups.len() < GROUPS_MAX {
                    self.groups.push(self.group);
                }
            }
            b'}' => {
                if let Some(group) = self.groups.pop() {
                    self.group = group;
                }
            }
            b'\\' => self.control(),
            b'\r' | b'\n' => {}
            byte => self.byte(*byte),
        }
        true
    }

    fn control(&mut self) {
        let Some((first, rest)) = self.rest.split_first() else {
            return;
        };
        if first.is_ascii_alphabetic() {
            let (name, number) = self.word();
            return self.command(name, number);
        }
        self.rest = rest;
        match first {
            b'\'' => {
                let digits = rest.get(..2).and_then(|it| std::str::from_utf8(it).ok());
                if let Some(byte) = digits.and_then(|it| u8::from_str_radix(it, 16).ok()) {
                    self.rest = rest.get(2..).unwrap_or_default();
                    self.byte(byte);
                }
            }
            b'*' => self.group.is_unseen = true,
            b'~' => self.push(" "),
            b'_' => self.push("-"),
            b'\r' | b'\n' => self.push("\n"),
            b'\\' | b'{' | b'}' => self.byte(*first),
            _ => {}
        }
    }

    /// A control word, its number, and the space behind it.
    fn word(&mut self) -> (&'a [u8], Option<i32>) {
        let letters = self.rest.iter().take_while(|it| it.is_ascii_alphabetic());
        let (name, rest) = self.rest.split_at(letters.count());
        let is_number =
            |(index, it): &(usize, &u8)| it.is_ascii_digit() || (*index == 0 && **it == b'-');
        let digits = rest.iter().enumerate().take_while(is_number).count();
        let (digits, rest) = rest.split_at(digits);
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let number = std::str::from_utf8(digits).ok();
        (name, number.and_then(|it| it.parse().ok()))
    }

    fn command(&mut self, name: &[u8], number: Option<i32>) {
        match name {
            b"par" | b"line" | b"row" | b"nestrow" => self.push("\n"),
            b"sect" | b"page" => self.push("\u{c}"),
            b"tab" | b"cell" | b"nestcell" => self.push("   "),
            b"emdash" => self.push("—"),
            b"endash" => self.push("–"),
            b"bullet" => self.push("•"),
            b"lquote" => self.push("‘"),
            b"rquote" => self.push("’"),
            b"ldblquote" => self.push("“"),
            b"rdblquote" => self.push("”"),
            b"u" => self.unicode(number.unwrap_or(0)),
            b"uc" => {
                let count = number.and_then(|it| usize::try_from(it).ok());
                self.group.stand_ins = count.unwrap_or(1).min(10);
            }
            b"ansicpg" => self.code_page = format!("windows-{}", number.unwrap_or(1252)),
            b"mac" => "macintosh".clone_into(&mut self.code_page),
            b"pc" | b"pca" => "ibm850".clone_into(&mut self.code_page),
            b"bin" => {
                let length = number.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
                self.rest = self.rest.get(length..).unwrap_or_default();
            }
            b"v" => self.group.is_unseen |= number != Some(0),
            _ if UNSEEN.contains(&name) => self.group.is_unseen = true,
            _ => {}
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if !self.group.is_unseen {
            self.raw.push(byte);
        }
    }

    fn unicode(&mut self, number: i32) {
        self.skipped = self.group.stand_ins;
        if self.group.is_unseen {
            return;
        }
        self.flush();
        // Units above 32767 are written as negative numbers.
        let Ok(unit) = u16::try_from(number.rem_euclid(0x1_0000)) else {
            return;
        };
        let pair = self
            .high
            .take()
            .map_or_else(|| vec![unit], |it| vec![it, unit]);
        for letter in char::decode_utf16(pair) {
            match letter {
                Ok(letter) => self.text.push(letter),
                Err(half) => self.high = Some(half.unpaired_surrogate()),
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.skipped = 0;
        if !self.group.is_unseen {
            self.flush();
            self.text.push_str(text);
        }
    }

    /// Turns what was gathered in the code page into letters.
    fn flush(&mut self) {
        if self.raw.is_empty() {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        match charset_decoder(self.code_page.as_bytes()) {
            Some(decode) => self.text.push_str(&decode(&raw)),
            None => self.text.push_str(&super::text::decode(&raw)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_told_from_their_format() {
        let rtf = br"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\*\generator X;}\f0\fs22
Gr\'fc\'dfe f\u252?r \b 5 \u8364\'80\b0\par {\v geheim}Strom\cell 84,20\cell\row\page\{zwei\}}";
        assert_eq!(text(rtf), "Grüße für 5 €\nStrom   84,20   \n\u{c}{zwei}");
    }

    #[test]
    fn a_letter_in_two_halves_is_one() {
        assert_eq!(text(br"{\rtf1 \uc0\u-10179\u-8704 ok}"), "😀ok");
    }

    proptest! {
        #[test]
        fn anything_ends(bytes in r"(\{|\}|\\|'|u-9|bin9 |par |f0|\*|x)*") {
            prop_assert!(text(bytes.as_bytes()).len() <= 8 * bytes.len());
        }
    }
}
