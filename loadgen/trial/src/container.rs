//! The file that records lie in: `records.jsonl` while it grows, `records.jsonl.gz` once the run is over.
//!
//! ```text
//! run:   append, flush, append, flush …  records.jsonl
//! end:   compress ─► records.jsonl.gz.part ─► fsync ─► rename to records.jsonl.gz ─► remove records.jsonl
//! ```
//! Whatever cuts this off leaves every record in one of the two, whole; readers take the plain one where both are.

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Name of a growing records file.
pub const PLAIN: &str = "records.jsonl";
/// Name of a finished one.
pub const PACKED: &str = "records.jsonl.gz";
/// How each gzip file begins.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The records file in a directory: the plain one where it lies there, else the compressed one, else the name of the former.
pub fn find(directory: &Path) -> PathBuf {
    let (plain, packed) = (directory.join(PLAIN), directory.join(PACKED));
    if !plain.exists() && packed.exists() { packed } else { plain }
}

/// Opens a records file for reading, compressed or not, whatever its name says.
///
/// A compressed file that is cut off reads up to there and then answers [`io::ErrorKind::UnexpectedEof`]; a damaged one
/// answers another error.
///
/// # Errors
/// Whatever the system answers.
pub fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    Ok(if file.fill_buf()?.starts_with(&MAGIC) {
        Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// Compresses a finished records file of plain text beside itself and removes it; the path of the new one.
///
/// # Errors
/// Whatever the system answers; the plain file is then still there and whole.
pub fn pack(plain: &Path) -> io::Result<PathBuf> {
    let packed = plain.with_file_name(PACKED);
    let part = packed.with_extension("gz.part");
    compress(plain, &part).and_then(|()| fs::rename(&part, &packed)).inspect_err(|_| {
        // Half a file is of no use to anybody; if even that fails, the first error is the one to tell.
        let _ = fs::remove_file(&part);
    })?;
    File::open(packed.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
        .sync_all()?;
    fs::remove_file(plain)?;
    Ok(packed)
}

fn compress(plain: &Path, part: &Path) -> io::Result<()> {
    let mut encoder = GzEncoder::new(File::create(part)?, Compression::best());
    io::copy(&mut BufReader::new(File::open(plain)?), &mut encoder)?;
    encoder.finish()?.sync_all()
}

/// The whole text of the records in a directory or file, compressed or not.
///
/// # Errors
/// Whatever the system answers, and [`io::ErrorKind::InvalidData`] when it is not UTF-8.
pub fn text(directory_or_file: &Path) -> io::Result<String> {
    let path = if directory_or_file.is_dir() { find(directory_or_file) } else { directory_or_file.to_owned() };
    let mut text = String::new();
    open(&path)?.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
