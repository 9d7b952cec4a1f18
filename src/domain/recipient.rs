//! Whom of the household a letter is for, by the name in its address.

use super::finding::{Extraction, Field};
use super::id::PersonId;
use super::person::Person;

/// A word of so many letters may be read with one of them wrong.
const SLIP_LETTERS_MIN: usize = 7;

/// Words of an address that are no names.
const TITLES: &[&str] = &[
    "herr", "herrn", "frau", "fr", "hr", "mr", "mrs", "ms", "miss", "dr", "prof", "dipl", "ing",
    "med", "mag", "an", "zh", "zhd", "co", "sir", "madam",
];

/// Words that make an address that of several.
const SEVERAL: &[&str] = &["familie", "fam", "eheleute", "ehepaar", "family"];

/// The only member of the household whom the letter names as its recipient.
pub fn of(extraction: &Extraction, household: &[Person]) -> Option<PersonId> {
    member(extraction.text(Field::Recipient)?, household).map(|it| it.id)
}

/// The only member whom `name` means, as letters write it: with titles and second names, turned
/// round, with initials, one of two surnames, umlauts in any spelling, a letter misread.
pub fn member<'a>(name: &str, household: &'a [Person]) -> Option<&'a Person> {
    let written = words(name);
    if written.iter().any(|it| SEVERAL.contains(&it.as_str())) {
        return None;
    }
    let rated = household
        .iter()
        .map(|it| (worth(&written, &words(&it.name)), it));
    let rated: Vec<(Likeness, &Person)> =
        rated.filter_map(|(worth, it)| Some((worth?, it))).collect();
    let best = rated.iter().map(|it| it.0).max()?;
    let mut of_them = rated.into_iter().filter(|it| it.0 == best);
    let (_, person) = of_them.next()?;
    // Two whom the name means as well: "Anna und Ben Sommer", or a father and his son.
    let is_only = of_them.next().is_none() && !names_another(&written, person, household);
    is_only.then_some(person)
}

/// Whether the first name of another member stands there too.
fn names_another(written: &[String], person: &Person, household: &[Person]) -> bool {
    let own = words(&person.name);
    let others = household.iter().filter(|it| it.id != person.id);
    others
        .filter_map(|it| words(&it.name).into_iter().next())
        .any(|it| !own.contains(&it) && it.chars().count() > 1 && written.contains(&it))
}

/// How surely a name means a person, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// By an initial or the surname alone.
    Short,
    /// A letter was misread.
    Slip,
    /// Word for word.
    Same,
}

/// How surely the written words mean the person of that name; one must have all words of the other.
fn worth(written: &[String], own: &[String]) -> Option<Likeness> {
    let (fewer, more) = if written.len() < own.len() {
        (written, own)
    } else {
        (own, written)
    };
    let mut left: Vec<&String> = more.iter().collect();
    let mut least = Likeness::Same;
    let mut slips = 0;
    let mut is_told = false;
    for word in fewer {
        let best = left
            .iter()
            .enumerate()
            .filter_map(|(at, it)| Some((alike(word, it)?, at)))
            .max_by_key(|it| it.0);
        let (likeness, at) = best?;
        left.swap_remove(at);
        least = least.min(likeness);
        slips += usize::from(likeness == Likeness::Slip);
        is_told |= likeness > Likeness::Short;
    }
    // A person called by one name is told by it; a surname alone may be a relative's.
    if written.len() == 1 && own.len() > 1 {
        least = Likeness::Short;
    }
    (is_told && slips <= 1).then_some(least)
}

fn alike(a: &str, b: &str) -> Option<Likeness> {
    if a == b {
        return Some(Likeness::Same);
    }
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    if short.chars().count() == 1 && long.starts_with(short) {
        return Some(Likeness::Short);
    }
    let (one, other) = (as_seen(a), as_seen(b));
    let count = one.chars().count();
    if count != other.chars().count() || one.chars().next() != other.chars().next() {
        return None;
    }
    let slips = one
        .chars()
        .zip(other.chars())
        .filter(|(a, b)| a != b)
        .count();
    (slips == 0 || slips == 1 && count >= SLIP_LETTERS_MIN).then_some(Likeness::Slip)
}

/// Shapes that OCR takes for one another, as one.
fn as_seen(word: &str) -> String {
    let word = word.replace("rn", "m").replace("vv", "w");
    let seen = word.chars().map(|it| match it {
        '0' => 'o',
        '1' | 'i' | 'j' | '|' => 'l',
        '5' => 's',
        '8' => 'b',
        other => other,
    });
    seen.collect()
}

/// The words of a name in small letters, without accents and titles; `ae`, `oe`, `ue` are what the
/// umlauts become too. A double name is its parts.
fn words(name: &str) -> Vec<String> {
    let mut folded = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase).take(200) {
        match letter {
            'ä' | 'à' | 'á' | 'â' | 'ã' | 'å' | 'æ' => folded.push('a'),
            'ö' | 'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'œ' => folded.push('o'),
            'ü' | 'ù' | 'ú' | 'û' => folded.push('u'),
            'é' | 'è' | 'ê' | 'ë' => folded.push('e'),
            'í' | 'ì' | 'î' | 'ï' => folded.push('i'),
            'ç' | 'č' | 'ć' => folded.push('c'),
            'ñ' => folded.push('n'),
            'š' => folded.push('s'),
            'ž' => folded.push('z'),
            'ß' => folded.push_str("ss"),
            'e' if folded.ends_with(['a', 'o', 'u']) => {}
            // Behind a letter it is part of the word: O'Neill. A combining mark is an accent.
            '\'' | '’' | '\u{300}'..='\u{36f}' => {}
            other if other.is_alphanumeric() => folded.push(other),
            _ => folded.push(' '),
        }
    }
    let words = folded.split(' ').filter(|it| !it.is_empty());
    let words = words.filter(|it| !TITLES.contains(it)).take(12);
    words.map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn household(names: &[&str]) -> Vec<Person> {
        let person = |(number, name): (u128, &&str)| Person {
            id: PersonId::new(Timestamp::UNIX_EPOCH, number),
            name: (*name).to_owned(),
            language: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        (1..).zip(names).map(person).collect()
    }

    fn told(name: &str, names: &[&str]) -> Option<String> {
        member(name, &household(names)).map(|it| it.name.clone())
    }

    #[test]
    fn a_member_is_told_however_letters_write_the_name() {
        let home = ["Jürgen Müller", "Anna Sommer-Winter", "Ben Sommer"];
        for (name, expected) in [
            ("Herrn Jürgen Müller", "Jürgen Müller"),
            ("Juergen Mueller", "Jürgen Müller"),
            ("MÜLLER, JÜRGEN", "Jürgen Müller"),
            ("Jurgen Muller", "Jürgen Müller"),
            ("Dr. J. Müller", "Jürgen Müller"),
            ("Frau Anna Sommer", "Anna Sommer-Winter"),
            ("Anna Winter", "Anna Sommer-Winter"),
            ("Anna Sornmer-Winter", "Anna Sommer-Winter"),
            ("Ben Michael Sommer", "Ben Sommer"),
            ("Mr B Sommer", "Ben Sommer"),
        ] {
            assert_eq!(told(name, &home).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn nobody_is_told_where_it_may_be_another() {
        let home = ["Anna Sommer", "Ben Sommer", "Bernd Sommer"];
        for name in [
            "Familie Sommer",
            "Herrn Sommer",
            "B. Sommer",
            "Anna und Ben Sommer",
            "Herrn und Frau Ben und Anna Sommer",
            "Clara Sommer",
            "Sommer GmbH",
            "A. B.",
            "",
        ] {
            assert_eq!(told(name, &home), None, "{name}");
        }
        assert_eq!(told("Martina Sommer", &["Martin Sommer"]), None);
        assert_eq!(told("Maria Sommer", &["Marie Sommer"]), None);
    }

    #[test]
    fn who_is_called_by_one_name_is_told_by_it() {
        let home = ["Anna", "Ben"];
        assert_eq!(told("Frau Anna Sommer", &home).as_deref(), Some("Anna"));
        assert_eq!(told("Anna und Ben Sommer", &home), None);
        assert_eq!(told("Clara Sommer", &home), None);
    }

    proptest! {
        #[test]
        fn order_and_case_and_titles_change_nothing(first in "[a-z]{2,9}", last in "[a-z]{2,9}") {
            prop_assume!(first != last && ![&first, &last].iter().any(|it| {
                TITLES.contains(&it.as_str()) || SEVERAL.contains(&it.as_str())
            }));
            let home = [format!("{first} {last}")];
            let home: Vec<&str> = home.iter().map(String::as_str).collect();
            for name in [
                format!("{last}, {first}"),
                format!("Herrn Dr. {} {}", first.to_uppercase(), last.to_uppercase()),
            ] {
                prop_assert_eq!(told(&name, &home), Some(home[0].to_owned()));
            }
        }

        #[test]
        fn any_name_is_looked_up(name in "\\PC{0,60}") {
            prop_assert!(told(&name, &["Anna Sommer", "Ben"]).is_none_or(|it| it.len() > 2));
        }
    }
}
