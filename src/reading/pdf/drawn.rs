//! Pages as objects for another PDF: drawn there as they are drawn here, with the fonts and pictures
//! they need and nothing else of the file (no scripts, no forms, no annotations).

use hayro_write::{ChunkSettings, ExtractionQuery, extract};
use pdf_writer::{Chunk, Ref};

use super::PdfFile;
use crate::reading::failure::Failure;

impl PdfFile {
    /// The pages with these places (from 0), one form object each (ISO 32000-1, 8.10), with its
    /// lower left corner at the origin and the page's rotation applied; `next` numbers objects.
    pub fn drawn_pages(
        &self,
        indices: &[usize],
        next: &mut dyn FnMut() -> Ref,
    ) -> Result<(Chunk, Vec<Ref>), Failure> {
        let wanted = indices.iter().map(|it| ExtractionQuery::new_xobject(*it));
        let wanted: Vec<_> = wanted.collect();
        let missing = |_| Failure::damaged("a page is missing");
        let settings = ChunkSettings::default();
        let extracted = extract(&self.pdf, Box::new(next), settings, &wanted).map_err(missing)?;
        let pages: Result<Vec<Ref>, _> = extracted.root_refs.into_iter().collect();
        Ok((extracted.chunk, pages.map_err(missing)?))
    }
}
