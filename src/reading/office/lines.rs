//! The lines of a text while it is being read: what breaks a line in the text, and what only parts
//! two cells of a table's row.

/// What parts two cells of a row.
const BETWEEN_CELLS: &str = "   ";

/// Lines that grow at their end.
#[derive(Debug, Default)]
pub struct Lines {
    text: String,
    /// Cells that are open, one in the other.
    cells: u32,
    /// What is owed before the next word.
    owed: Owed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Owed {
    #[default]
    Nothing,
    Space,
    Cell,
    Line,
    Paragraph,
}

impl Lines {
    /// Adds what stands in the line.
    pub fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.text.is_empty() && !self.text.ends_with('\u{c}') {
            self.text.push_str(match self.owed {
                Owed::Nothing => "",
                Owed::Space => " ",
                Owed::Cell => BETWEEN_CELLS,
                Owed::Line => "\n",
                Owed::Paragraph => "\n\n",
            });
        }
        self.owed = Owed::Nothing;
        let letters = text.chars().map(|it| if it == '\u{a0}' { ' ' } else { it });
        self.text.extend(letters);
    }

    /// A line or a row ends; within a cell, words only stand apart.
    pub fn end_line(&mut self) {
        self.owe(if self.cells > 0 {
            Owed::Space
        } else {
            Owed::Line
        });
    }

    /// A paragraph ends that had nothing in it, or a table.
    pub fn leave_space(&mut self) {
        self.owe(if self.cells > 0 {
            Owed::Space
        } else {
            Owed::Paragraph
        });
    }

    /// A tabulator: as far apart as cells.
    pub fn tab(&mut self) {
        self.owe(Owed::Cell);
    }

    /// A cell begins.
    pub const fn open_cell(&mut self) {
        self.cells += 1;
    }

    /// A cell ends; the next one stands apart.
    pub fn close_cell(&mut self) {
        self.cells = self.cells.saturating_sub(1);
        if self.owed <= Owed::Cell {
            self.owed = Owed::Cell;
        }
    }

    /// A page ends, if there is anything on it.
    pub fn end_page(&mut self) {
        let page = self.text.rsplit('\u{c}').next().unwrap_or_default();
        if !page.trim().is_empty() && self.cells == 0 {
            self.text.push('\u{c}');
            self.owed = Owed::Nothing;
        }
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.text.trim_end_matches(['\u{c}', '\n', ' ']).to_owned()
    }

    fn owe(&mut self, owed: Owed) {
        self.owed = self.owed.max(owed);
    }
}
