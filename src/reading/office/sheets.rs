//! An Excel table (ECMA-376, part 1, 18): its visible sheets, row by row, as they show.

use super::super::failure::Failure;
use super::super::markup::{Flavour, Tag, Token, resolved, tokens};
use super::archive::Archive;
use super::lines::Lines;
use super::numbers::{Epoch, Format};

/// Texts that cells share.
const SHARED_MAX: usize = 1_000_000;
/// Letters kept of one cell.
const CELL_LETTERS_MAX: usize = 32_767;

/// The words and numbers of the visible sheets, each a page.
pub fn text(archive: &mut Archive<'_>) -> Result<String, Failure> {
    let workbook = archive.xml("xl/workbook.xml")?;
    let relations = archive.xml("xl/_rels/workbook.xml.rels")?;
    let shared = shared_texts(&archive.xml("xl/sharedStrings.xml")?);
    let formats = Format::of_styles(&archive.xml("xl/styles.xml")?);
    let epoch = Epoch::of_workbook(&workbook);
    let sheets = visible_sheets(&workbook, &relations);
    if sheets.is_empty() {
        return Err(Failure::damaged("it has no sheets"));
    }
    let mut lines = Lines::default();
    for (name, path) in sheets {
        let xml = archive.xml(&path)?;
        let mut sheet = Sheet {
            lines: Lines::default(),
            shared: &shared,
            formats: &formats,
            epoch,
            cell: None,
            value: String::new(),
            is_value: false,
            is_hidden: false,
        };
        sheet.read(&xml);
        let rows = sheet.lines.into_text();
        if !rows.trim().is_empty() {
            lines.push(&name);
            lines.leave_space();
            lines.push(&rows);
            lines.end_page();
        }
    }
    Ok(lines.into_text())
}

/// Names and paths of the sheets that are shown, in their order.
fn visible_sheets(workbook: &str, relations: &str) -> Vec<(String, String)> {
    let open_tags = |xml| {
        tokens(xml, Flavour::Xml).filter_map(|it| match it {
            Token::Open(tag) => Some(tag),
            Token::Close(_) | Token::Text(_) | Token::Plain(_) => None,
        })
    };
    let targets: Vec<(String, String)> = open_tags(relations)
        .filter(|it| it.name == "Relationship")
        .filter_map(|it| Some((it.attribute("Id")?, it.attribute("Target")?)))
        .collect();
    let sheets = open_tags(workbook).filter(|it| it.name == "sheet");
    let shown = sheets.filter(|it| it.attribute("state").is_none_or(|it| it == "visible"));
    shown
        .filter_map(|sheet| {
            // `sheetId` is another number than `r:id`, which the prefix tells apart here.
            let id = sheet.attribute("id")?;
            let (_, target) = targets.iter().find(|(it, _)| *it == id)?;
            let path = match target.strip_prefix('/') {
                Some(path) => path.to_owned(),
                None => format!("xl/{target}"),
            };
            Some((sheet.attribute("name").unwrap_or_default(), path))
        })
        .collect()
}

fn shared_texts(xml: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let (mut text, mut is_text, mut is_spoken) = (String::new(), false, false);
    for token in tokens(xml, Flavour::Xml) {
        match token {
            Token::Open(tag) if tag.is_closed => {
                if tag.name == "si" {
                    texts.push(String::new());
                }
            }
            Token::Open(tag) => match tag.name {
                "si" => text.clear(),
                "t" => is_text = true,
                // How Japanese names are spoken stands beside how they are written.
                "rPh" => is_spoken = true,
                _ => {}
            },
            Token::Close("si") => {
                texts.push(std::mem::take(&mut text));
                if texts.len() >= SHARED_MAX {
                    break;
                }
            }
            Token::Close("t") => is_text = false,
            Token::Close("rPh") => is_spoken = false,
            Token::Text(it) if is_text && !is_spoken => text.push_str(&resolved(it)),
            Token::Plain(it) if is_text && !is_spoken => text.push_str(it),
            Token::Close(_) | Token::Text(_) | Token::Plain(_) => {}
        }
    }
    texts
}

struct Cell {
    kind: String,
    style: usize,
}

struct Sheet<'a> {
    lines: Lines,
    shared: &'a [String],
    formats: &'a [Format],
    epoch: Epoch,
    cell: Option<Cell>,
    value: String,
    /// Whether the letters here are the cell's value.
    is_value: bool,
    /// Whether the row here is not shown.
    is_hidden: bool,
}

impl Sheet<'_> {
    fn read(&mut self, xml: &str) {
        for token in tokens(xml, Flavour::Xml) {
            match token {
                Token::Open(tag) => {
                    self.open(&tag);
                    if tag.is_closed {
                        self.close(tag.name);
                    }
                }
                Token::Close(name) => self.close(name),
                Token::Text(text) if self.is_value => self.value.push_str(&resolved(text)),
                Token::Plain(text) if self.is_value => self.value.push_str(text),
                Token::Text(_) | Token::Plain(_) => {}
            }
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag.name {
            "row" => {
                let hidden = tag.attribute("hidden");
                self.is_hidden = matches!(hidden.as_deref(), Some("1" | "true"));
            }
            "c" => {
                let style = tag.attribute("s").and_then(|it| it.parse().ok());
                self.cell = Some(Cell {
                    kind: tag.attribute("t").unwrap_or_default(),
                    style: style.unwrap_or(0),
                });
                self.value.clear();
            }
            "v" | "t" => self.is_value = true,
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "v" | "t" => self.is_value = false,
            "c" => {
                if let Some(cell) = self.cell.take().filter(|_| !self.is_hidden) {
                    let shown = self.shown(&cell);
                    let letters = shown.split_whitespace().collect::<Vec<_>>().join(" ");
                    let kept: String = letters.chars().take(CELL_LETTERS_MAX).collect();
                    self.lines.push(&kept);
                    self.lines.tab();
                }
            }
            "row" => self.lines.end_line(),
            _ => {}
        }
    }

    fn shown(&self, cell: &Cell) -> String {
        match cell.kind.as_str() {
            "s" => {
                let index = self.value.trim().parse::<usize>().ok();
                let text = index.and_then(|it| self.shared.get(it));
                text.cloned().unwrap_or_default()
            }
            "b" => match self.value.trim() {
                "1" => "✓".to_owned(),
                _ => String::new(),
            },
            "e" => String::new(),
            "str" | "inlineStr" => self.value.clone(),
            "d" => self.value.replace('T', " "),
            _ => {
                let format = self.formats.get(cell.style);
                let value = self.value.trim();
                format.map_or_else(|| value.to_owned(), |it| it.shown(value, self.epoch))
            }
        }
    }
}
