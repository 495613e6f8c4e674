//! Writes a report: page, charts, summary. Refuses to measure; needs nothing but records.

use crate::compare::Comparison;
use crate::evidence::Block;
use crate::load::Records;
use crate::markdown::summary_markdown;
use crate::page::{Section, page, sections};
use crate::picture::Picture;
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
    let sections = sections(&comparisons, lang);
    let (page_path, charts) = (out.join(PAGE), out.join(CHARTS));
    fs::create_dir_all(&charts).map_err(|problem| RenderError::Unwritable { path: charts.clone(), problem })?;
    let mut files = vec![page_path.clone(), out.join(SUMMARY)];
    write(&files[0], page(&comparisons, &sections, lang).as_bytes())?;
    write(&files[1], summary_markdown(&comparisons, lang).as_bytes())?;
    for (run, picture) in pictures(&sections) {
        let suffix = if records.len() > 1 { format!("-{}", run + 1) } else { String::new() };
        let path = charts.join(format!("{}{suffix}.png", picture.name));
        write(&path, &picture.chart.png)?;
        files.push(path);
    }
    Ok(Rendered { page: page_path, files })
}

/// Every chart with the number of its run.
fn pictures(sections: &[Section]) -> impl Iterator<Item = (usize, &Picture)> {
    sections.iter().flat_map(|section| section.runs.iter().enumerate()).flat_map(|(run, blocks)| {
        blocks.iter().filter_map(move |block| match block {
            Block::Chart(picture) => Some((run, picture)),
            _ => None,
        })
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), RenderError> {
    fs::write(path, bytes).map_err(|problem| RenderError::Unwritable { path: path.to_owned(), problem })
}
