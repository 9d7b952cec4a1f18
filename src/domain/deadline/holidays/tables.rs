//! The tables: Germany, Austria, Switzerland, the United Kingdom, Ireland, the United States.

use jiff::civil::Weekday::{Monday, Sunday, Thursday, Wednesday};

use super::On::{After, Before, Easter, FirstMondayOrFriday, Fixed, Naefels, Nth};
use super::{Holiday, Moved};

/// What a country keeps.
#[derive(Debug)]
pub(super) struct Country {
    pub(super) holidays: &'static [Holiday],
    pub(super) moved: Moved,
}

/// The country by its two letters; Germany where it is not known.
pub(super) fn country(code: &str) -> &'static Country {
    match code {
        "AT" => &Country {
            holidays: AUSTRIA,
            moved: Moved::Never,
        },
        "CH" => &Country {
            holidays: SWITZERLAND,
            moved: Moved::Never,
        },
        "GB" => &Country {
            holidays: UNITED_KINGDOM,
            moved: Moved::Forward,
        },
        "IE" => &Country {
            holidays: IRELAND,
            moved: Moved::Never,
        },
        "US" => &Country {
            holidays: UNITED_STATES,
            moved: Moved::Nearest,
        },
        _ => &Country {
            holidays: GERMANY,
            moved: Moved::Never,
        },
    }
}

/// The holiday laws of the sixteen states; German Unity Day by the Unification Treaty (art. 2).
const GERMANY: &[Holiday] = &[
    Holiday::new("Neujahr", Fixed(1, 1)),
    Holiday::new("Heilige Drei Könige", Fixed(1, 6)).only_in("BW BY ST"),
    Holiday::new("Internationaler Frauentag", Fixed(3, 8))
        .only_in("BE")
        .since(2019),
    Holiday::new("Internationaler Frauentag", Fixed(3, 8))
        .only_in("MV")
        .since(2023),
    Holiday::new("Karfreitag", Easter(-2)),
    Holiday::new("Ostersonntag", Easter(0)).only_in("BB"),
    Holiday::new("Ostermontag", Easter(1)),
    Holiday::new("Tag der Arbeit", Fixed(5, 1)),
    Holiday::new("Tag der Befreiung", Fixed(5, 8))
        .only_in("BE")
        .in_year(2020),
    Holiday::new("Tag der Befreiung", Fixed(5, 8))
        .only_in("BE")
        .in_year(2025),
    Holiday::new("Christi Himmelfahrt", Easter(39)),
    Holiday::new("Pfingstsonntag", Easter(49)).only_in("BB"),
    Holiday::new("Pfingstmontag", Easter(50)),
    Holiday::new("Fronleichnam", Easter(60))
        .only_in("BW BY HE NW RP SL SN-KATHOLISCH TH-KATHOLISCH"),
    Holiday::new("Augsburger Friedensfest", Fixed(8, 8)).only_in("BY-AUGSBURG"),
    Holiday::new("Mariä Himmelfahrt", Fixed(8, 15)).only_in("SL BY-KATHOLISCH BY-AUGSBURG"),
    Holiday::new("Weltkindertag", Fixed(9, 20))
        .only_in("TH")
        .since(2019),
    Holiday::new("Tag der Deutschen Einheit", Fixed(10, 3)).since(1990),
    Holiday::new("Reformationstag", Fixed(10, 31)).in_year(2017),
    Holiday::new("Reformationstag", Fixed(10, 31)).only_in("BB MV SN ST TH"),
    Holiday::new("Reformationstag", Fixed(10, 31))
        .only_in("HB HH NI SH")
        .since(2018),
    Holiday::new("Allerheiligen", Fixed(11, 1)).only_in("BW BY NW RP SL"),
    Holiday::new("Buß- und Bettag", Before(11, 23, Wednesday))
        .only_in("SN")
        .since(1995),
    Holiday::new("Erster Weihnachtstag", Fixed(12, 25)),
    Holiday::new("Zweiter Weihnachtstag", Fixed(12, 26)),
];

/// Feiertagsruhegesetz 1957, § 7 Abs. 2 of the Arbeitsruhegesetz: one law for all nine states. The
/// days of their patrons close offices and stop no period.
const AUSTRIA: &[Holiday] = &[
    Holiday::new("Neujahr", Fixed(1, 1)),
    Holiday::new("Heilige Drei Könige", Fixed(1, 6)),
    Holiday::new("Ostermontag", Easter(1)),
    Holiday::new("Staatsfeiertag", Fixed(5, 1)),
    Holiday::new("Christi Himmelfahrt", Easter(39)),
    Holiday::new("Pfingstmontag", Easter(50)),
    Holiday::new("Fronleichnam", Easter(60)),
    Holiday::new("Mariä Himmelfahrt", Fixed(8, 15)),
    Holiday::new("Nationalfeiertag", Fixed(10, 26)),
    Holiday::new("Allerheiligen", Fixed(11, 1)),
    Holiday::new("Mariä Empfängnis", Fixed(12, 8)),
    Holiday::new("Christtag", Fixed(12, 25)),
    Holiday::new("Stefanitag", Fixed(12, 26)),
];

/// New Year, Ascension, the federal day (art. 110 al. 3 of the constitution, since 1994) and
/// Christmas in all cantons, the others by the cantons' own laws on days of rest. Left out is what a
/// canton keeps in some districts or communes alone (Aargau, Freiburg, Solothurn), for half a day, or
/// by the custom of its offices.
const SWITZERLAND: &[Holiday] = &[
    Holiday::new("Neujahr", Fixed(1, 1)),
    Holiday::new("Berchtoldstag", Fixed(1, 2)).only_in("BE JU NE TG VD"),
    Holiday::new("Heilige Drei Könige", Fixed(1, 6)).only_in("SZ TI UR"),
    Holiday::new("Jahrestag der Republik", Fixed(3, 1)).only_in("NE"),
    Holiday::new("Josefstag", Fixed(3, 19)).only_in("NW SZ TI UR VS"),
    Holiday::new("Karfreitag", Easter(-2))
        .only_in("AG AI AR BE BL BS FR GE GL GR JU LU NE NW OW SG SH SO SZ TG UR VD ZG ZH"),
    Holiday::new("Ostermontag", Easter(1))
        .only_in("AI AR BE BL BS GE GL GR JU SG SH SZ TG TI UR VD ZH"),
    Holiday::new("Näfelser Fahrt", Naefels).only_in("GL"),
    Holiday::new("Tag der Arbeit", Fixed(5, 1)).only_in("BL BS JU NE SH TG TI ZH"),
    Holiday::new("Auffahrt", Easter(39)),
    Holiday::new("Pfingstmontag", Easter(50))
        .only_in("AI AR BE BL BS GE GL GR JU SG SH SZ TG TI UR VD ZH"),
    Holiday::new("Fronleichnam", Easter(60)).only_in("AI JU LU NW OW SZ TI UR VS ZG"),
    Holiday::new("Unabhängigkeit des Kantons Jura", Fixed(6, 23)).only_in("JU"),
    Holiday::new("Peter und Paul", Fixed(6, 29)).only_in("TI"),
    Holiday::new("Bundesfeier", Fixed(8, 1)).since(1994),
    Holiday::new("Mariä Himmelfahrt", Fixed(8, 15)).only_in("AI JU LU NW OW SZ TI UR VS ZG"),
    // The Thursday after the first Sunday of September.
    Holiday::new("Genfer Bettag", After(9, Sunday, 1, 4)).only_in("GE"),
    // The Monday after the third Sunday of September.
    Holiday::new("Bettagsmontag", After(9, Sunday, 3, 1)).only_in("VD"),
    Holiday::new("Bruder Klaus", Fixed(9, 25)).only_in("OW"),
    Holiday::new("Allerheiligen", Fixed(11, 1)).only_in("AI GL JU LU NW OW SG SZ TI UR VS ZG"),
    Holiday::new("Mariä Empfängnis", Fixed(12, 8)).only_in("AI LU NW OW SZ TI UR VS ZG"),
    Holiday::new("Weihnachten", Fixed(12, 25)),
    Holiday::new("Stephanstag", Fixed(12, 26))
        .only_in("AI AR BE BL BS GL GR NE SG SH SZ TG TI UR ZH"),
    Holiday::new("Wiederherstellung der Republik", Fixed(12, 31)).only_in("GE"),
];

/// Banking and Financial Dealings Act 1971, Schedule 1, with the days proclaimed each year: common
/// law holidays (Good Friday, Christmas) and bank holidays.
const UNITED_KINGDOM: &[Holiday] = &[
    Holiday::new("New Year’s Day", Fixed(1, 1)),
    Holiday::new("2 January", Fixed(1, 2)).only_in("SCT"),
    Holiday::new("St Patrick’s Day", Fixed(3, 17)).only_in("NIR"),
    Holiday::new("Good Friday", Easter(-2)),
    Holiday::new("Easter Monday", Easter(1)).only_in("ENG NIR"),
    Holiday::new("Early May bank holiday", Nth(5, Monday, 1)).since(1978),
    Holiday::new("VE Day", Fixed(5, 8)).in_year(2020),
    Holiday::new("Coronation", Fixed(5, 8)).in_year(2023),
    Holiday::new("Spring bank holiday", Nth(5, Monday, -1)),
    Holiday::new("Spring bank holiday", Fixed(6, 2)).in_year(2022),
    Holiday::new("Platinum Jubilee", Fixed(6, 3)).in_year(2022),
    Holiday::new("Battle of the Boyne", Fixed(7, 12)).only_in("NIR"),
    Holiday::new("Summer bank holiday", Nth(8, Monday, 1)).only_in("SCT"),
    Holiday::new("Summer bank holiday", Nth(8, Monday, -1)).only_in("ENG NIR"),
    Holiday::new("Funeral of Queen Elizabeth II", Fixed(9, 19)).in_year(2022),
    Holiday::new("St Andrew’s Day", Fixed(11, 30))
        .only_in("SCT")
        .since(2007),
    Holiday::new("Christmas Day", Fixed(12, 25)),
    Holiday::new("Boxing Day", Fixed(12, 26)),
];

/// Organisation of Working Time Act 1997, Second Schedule; St Brigid's day since 2023, on the first
/// Monday of February or on the first of February where that is a Friday.
const IRELAND: &[Holiday] = &[
    Holiday::new("New Year’s Day", Fixed(1, 1)),
    Holiday::new("St Brigid’s Day", FirstMondayOrFriday(2)).since(2023),
    Holiday::new("St Patrick’s Day", Fixed(3, 17)),
    Holiday::new("Easter Monday", Easter(1)),
    Holiday::new("May Day", Nth(5, Monday, 1)),
    Holiday::new("June holiday", Nth(6, Monday, 1)),
    Holiday::new("August holiday", Nth(8, Monday, 1)),
    Holiday::new("October holiday", Nth(10, Monday, -1)),
    Holiday::new("Christmas Day", Fixed(12, 25)),
    Holiday::new("St Stephen’s Day", Fixed(12, 26)),
];

/// 5 U.S.C. § 6103(a).
const UNITED_STATES: &[Holiday] = &[
    Holiday::new("New Year’s Day", Fixed(1, 1)),
    Holiday::new("Martin Luther King Jr. Day", Nth(1, Monday, 3)).since(1986),
    Holiday::new("Washington’s Birthday", Nth(2, Monday, 3)),
    Holiday::new("Memorial Day", Nth(5, Monday, -1)),
    Holiday::new("Juneteenth", Fixed(6, 19)).since(2021),
    Holiday::new("Independence Day", Fixed(7, 4)),
    Holiday::new("Labor Day", Nth(9, Monday, 1)),
    Holiday::new("Columbus Day", Nth(10, Monday, 2)),
    Holiday::new("Veterans Day", Fixed(11, 11)),
    Holiday::new("Thanksgiving Day", Nth(11, Thursday, 4)),
    Holiday::new("Christmas Day", Fixed(12, 25)),
];
