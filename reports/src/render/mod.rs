//! Lays a [`Document`] out: as a page, as Markdown, for a terminal; writes a report's files. Refuses to know what it shows.
//!
//! [`Document`]: crate::document::Document

mod columns;
mod element;
mod html;
mod markdown;
mod terminal;

pub(crate) use element::escape;
pub use html::html;
pub use markdown::markdown;
pub(crate) use markdown::{blocks, joined, table, verdicts_table};
pub use terminal::terminal;

use crate::compare::Comparison;
use crate::document::Section;
use crate::load::Records;
use crate::section::{Extent, document};
use crate::text::Language;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The page inside the output directory.
const PAGE: &str = "report.html";
/// The summary inside the output directory.
const SUMMARY: &str = "summary.md";
/// The directory of the PNG files inside the output directory.
const CHARTS: &str = "charts";

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The page.
    pub page: PathBuf,
    /// Every file, the page first.
    pub files: Vec<PathBuf>,
}

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// There is no run to show.
    #[error("no records to render")]
    NoRecords,
    /// The file system refused.
    #[error("cannot write {}: {problem}", path.display())]
    Unwritable {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
}

/// Writes `report.html`, `summary.md` and `charts/*.png` into `out`, which is made where it is missing. Several runs are
/// shown side by side.
///
/// # Errors
/// [`RenderError`] without any records, or when a file cannot be written.
pub fn render(records: &[Records], out: &Path, lang: Language) -> Result<Rendered, RenderError> {
    if records.is_empty() {
        return Err(RenderError::NoRecords);
    }
    let comparisons: Vec<Comparison> = records.iter().map(Comparison::of).collect();
    let document = document(&comparisons, lang, Extent::Whole);
    let (page, charts) = (out.join(PAGE), out.join(CHARTS));
    fs::create_dir_all(&charts).map_err(|problem| RenderError::Unwritable { path: charts.clone(), problem })?;
    let mut files = vec![page.clone(), out.join(SUMMARY)];
    write(&files[0], html(&document).as_bytes())?;
    write(&files[1], markdown(&document).as_bytes())?;
    for (run, picture) in document.sections.iter().flat_map(Section::pictures) {
        let suffix = if records.len() > 1 { format!("-{}", run + 1) } else { String::new() };
        let path = charts.join(format!("{}{suffix}.png", picture.name));
        write(&path, &picture.png)?;
        files.push(path);
    }
    Ok(Rendered { page, files })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), RenderError> {
    fs::write(path, bytes).map_err(|problem| RenderError::Unwritable { path: path.to_owned(), problem })
}
