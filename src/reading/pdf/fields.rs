//! What people typed into a PDF: values of form fields and remarks. Most programs draw them, too;
//! here are those that only the reader's screen would show.
//!
//! A value stands in its field, set in letters of an average width, because its font is not drawn.

use hayro_interpret::TransformExt;
use hayro_interpret::kurbo::{Affine, Point};
use hayro_syntax::object::dict::keys::{
    ANNOTS, AP, CONTENTS, DA, F, FF, FT, N, OPT, PARENT, RECT, SUBTYPE, V,
};
use hayro_syntax::object::{Array, Dict, Name, Object, Rect, Stream, String as PdfString};
use hayro_syntax::page::Page;

use super::embedded::string;
use super::glyphs::{Glyph, quadrant};

/// Annotations of one page that are looked at.
const ANNOTATIONS_MAX: usize = 2000;
/// Letters kept of one value.
const LETTERS_MAX: usize = 4000;
/// Levels of fields above a field that are asked for what it does not say itself.
const ANCESTORS_MAX: usize = 10;
/// Not shown at all, or not on a screen (ISO 32000-1, table 165).
const HIDDEN: u32 = 1 << 1 | 1 << 5;
/// A text of several lines, and a password (table 228).
const SEVERAL_LINES: i32 = 1 << 12;
const PASSWORD: i32 = 1 << 13;
/// Width of an average letter in heights of its font.
const LETTER_WIDTH: f64 = 0.5;
/// Size of letters where a field does not say it, in points.
const SIZE_USUAL: f64 = 10.0;
/// Width of a remark beside its sign, in points.
const REMARK_WIDTH: f64 = 220.0;

/// What was typed into a page and is not drawn.
#[derive(Debug, Default)]
pub struct Typed {
    /// What stands in fields, among the words around them.
    pub values: Vec<Glyph>,
    /// Remarks, which stand over the page.
    pub remarks: Vec<Glyph>,
}

/// The values and remarks of a page.
pub fn typed(page: &Page<'_>) -> Typed {
    let mut typed = Typed::default();
    let Some(annotations) = page.raw().get::<Array<'_>>(ANNOTS) else {
        return typed;
    };
    let frame = Frame {
        transform: page.initial_transform(true).to_kurbo(),
        right: page.intersected_crop_box().x1,
    };
    for annotation in annotations.iter::<Dict<'_>>().take(ANNOTATIONS_MAX) {
        if annotation.get::<u32>(F).unwrap_or(0) & HIDDEN != 0 {
            continue;
        }
        let Some(kind) = annotation.get::<Name<'_>>(SUBTYPE) else {
            continue;
        };
        match kind.as_str() {
            "Widget" => frame.field(&annotation, &mut typed),
            "FreeText" => frame.free_text(&annotation, &mut typed),
            "Text" => frame.remark(&annotation, &mut typed),
            _ => {}
        }
    }
    typed
}

/// Where a page stands.
struct Frame {
    /// From the page's space to points from its top left corner.
    transform: Affine,
    /// The page's right edge in its own space.
    right: f64,
}

/// A place for letters, in the page's space.
struct Place {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Place {
    fn of(annotation: &Dict<'_>) -> Option<Self> {
        let rect = annotation.get::<Rect>(RECT)?;
        let (left, right) = (rect.x0.min(rect.x1), rect.x0.max(rect.x1));
        let (bottom, top) = (rect.y0.min(rect.y1), rect.y0.max(rect.y1));
        let (width, height) = (right - left, top - bottom);
        (width.is_finite() && height.is_finite()).then_some(Self {
            left,
            top,
            width,
            height,
        })
    }
}

impl Frame {
    fn field(&self, widget: &Dict<'_>, typed: &mut Typed) {
        let flags = inherited(widget, FF)
            .and_then(Object::into_i32)
            .unwrap_or(0);
        if flags & PASSWORD != 0 || is_drawn(widget) {
            return;
        }
        let value = inherited(widget, FT).and_then(Object::into_name);
        let value = value.and_then(|kind| match kind.as_str() {
            "Tx" => inherited(widget, V).and_then(|it| text(&it)),
            "Ch" => choice(widget),
            _ => None,
        });
        let (Some(value), Some(place)) = (value, Place::of(widget)) else {
            return;
        };
        let size = stated_size(widget).unwrap_or_else(|| (place.height * 0.66).clamp(4.0, 12.0));
        if flags & SEVERAL_LINES != 0 || value.contains('\n') {
            self.lines(&value, &place, size, &mut typed.values);
        } else {
            let baseline = place.top - place.height / 2.0 - 0.3 * size;
            self.line(
                &value,
                (place.left + 2.0, baseline),
                (place.width, size),
                &mut typed.values,
            );
        }
    }

    fn free_text(&self, annotation: &Dict<'_>, typed: &mut Typed) {
        if is_drawn(annotation) {
            return;
        }
        let words = annotation
            .get::<PdfString<'_>>(CONTENTS)
            .map(|it| string(&it));
        if let (Some(words), Some(place)) = (words, Place::of(annotation)) {
            let size = stated_size(annotation).unwrap_or(SIZE_USUAL);
            self.lines(&words, &place, size, &mut typed.values);
        }
    }

    fn remark(&self, annotation: &Dict<'_>, typed: &mut Typed) {
        let words = annotation
            .get::<PdfString<'_>>(CONTENTS)
            .map(|it| string(&it));
        if let (Some(words), Some(place)) = (words, Place::of(annotation)) {
            let left = place.left.min(self.right - REMARK_WIDTH);
            let place = Place {
                left,
                width: REMARK_WIDTH,
                ..place
            };
            self.lines(&words, &place, SIZE_USUAL, &mut typed.remarks);
        }
    }

    /// Sets words in lines, from the top of their place.
    fn lines(&self, words: &str, place: &Place, size: f64, to: &mut Vec<Glyph>) {
        let most = (place.width / (LETTER_WIDTH * size)).clamp(8.0, 500.0);
        let mut baseline = place.top - size;
        let mut set = |line: &str| {
            self.line(
                line,
                (place.left + 2.0, baseline),
                (f64::INFINITY, size),
                to,
            );
            baseline -= 1.2 * size;
        };
        let words: String = words.chars().take(LETTERS_MAX).collect();
        for paragraph in words.split(['\n', '\r']) {
            let mut line = String::new();
            let mut letters = 0.0;
            for word in paragraph.split_whitespace() {
                let length: f64 = word.chars().map(|_| 1.0).sum();
                if letters > 0.0 && letters + 1.0 + length > most {
                    set(&line);
                    line.clear();
                    letters = 0.0;
                }
                if letters > 0.0 {
                    line.push(' ');
                    letters += 1.0;
                }
                line.push_str(word);
                letters += length;
            }
            if !line.is_empty() {
                set(&line);
            }
        }
    }

    /// Sets one line from where it begins; letters move closer where it would be too wide.
    fn line(&self, text: &str, begin: (f64, f64), fit: (f64, f64), to: &mut Vec<Glyph>) {
        let (width, size) = fit;
        let count: f64 = text.chars().map(|_| 1.0).sum();
        let advance = (LETTER_WIDTH * size).min(width / count.max(1.0));
        let along = self.transform * Point::new(1.0, 0.0) - self.transform * Point::ZERO;
        let mut x = begin.0;
        for letter in text.chars().take(LETTERS_MAX) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::as_conversions,
                reason = "points on a page"
            )]
            let (narrow, size) = (advance as f32, size as f32);
            to.push(Glyph {
                text: Some(letter.to_string()),
                origin: self.transform * Point::new(x, begin.1),
                quadrant: quadrant(along.x, along.y),
                advance: narrow,
                size,
            });
            x += advance;
        }
    }
}

/// Whether the annotation's own drawing shows letters.
fn is_drawn(annotation: &Dict<'_>) -> bool {
    let Some(drawing) = annotation
        .get::<Dict<'_>>(AP)
        .and_then(|it| it.get::<Stream<'_>>(N))
    else {
        return false;
    };
    let Ok(program) = drawing.decoded_data() else {
        return false;
    };
    // Operators that show text, or a drawing within the drawing.
    program
        .split(|it| it.is_ascii_whitespace() || matches!(it, b')' | b']' | b'>'))
        .any(|it| matches!(it, b"Tj" | b"TJ" | b"'" | b"\"" | b"Do"))
}

/// What a field says, or the field above it.
fn inherited<'a>(field: &Dict<'a>, key: &[u8]) -> Option<Object<'a>> {
    let mut field = field.clone();
    for _ in 0..ANCESTORS_MAX {
        if let Some(found) = field.get::<Object<'_>>(key) {
            return Some(found);
        }
        field = field.get::<Dict<'_>>(PARENT)?;
    }
    None
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum, which may grow"
)]
fn text(value: &Object<'_>) -> Option<String> {
    let text = match value {
        Object::String(text) => string(text),
        Object::Stream(stream) => super::super::text::decode(&stream.decoded_data().ok()?),
        Object::Name(name) => name.as_str().to_owned(),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// What is chosen of a list: shown is not the value, but its label.
fn choice(field: &Dict<'_>) -> Option<String> {
    let chosen = inherited(field, V)?;
    let chosen: Vec<String> = if let Object::Array(several) = &chosen {
        let several = several.iter::<Object<'_>>();
        several.filter_map(|it| text(&it)).collect()
    } else {
        text(&chosen).into_iter().collect()
    };
    let labels = inherited(field, OPT).and_then(Object::into_array);
    let label = |value: &String| {
        let pairs = labels.as_ref()?.iter::<Object<'_>>().take(ANNOTATIONS_MAX);
        let mut pairs = pairs.filter_map(Object::into_array);
        pairs.find_map(|pair| {
            let mut both = pair.iter::<PdfString<'_>>().map(|it| string(&it));
            (both.next().as_ref() == Some(value))
                .then(|| both.next())
                .flatten()
        })
    };
    let shown: Vec<String> = chosen
        .iter()
        .map(|it| label(it).unwrap_or_else(|| it.clone()))
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// The size in `/Helv 12 Tf`, in points; 0 means that it fits itself.
fn stated_size(field: &Dict<'_>) -> Option<f64> {
    let appearance = inherited(field, DA).and_then(Object::into_string)?;
    let appearance = string(&appearance);
    let words: Vec<&str> = appearance.split_whitespace().collect();
    let at = words.iter().position(|it| *it == "Tf")?;
    let size: f64 = words.get(at.checked_sub(1)?)?.parse().ok()?;
    (1.0..=100.0).contains(&size).then_some(size)
}
