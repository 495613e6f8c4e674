//! Text laid out in columns of a terminal, where a Chinese character takes two cells. Refuses to break a word that fits.

use crate::printed::one_line;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Cells between two columns.
const GAP: usize = 2;
/// No column becomes narrower than this.
const NARROWEST: usize = 8;

/// Cells that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A text in lines of at most `limit` cells, broken at spaces, between Chinese characters, or inside a word that is longer
/// than a line. What a terminal would obey becomes a space.
pub(crate) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let text = &one_line(text);
    let (limit, mut lines, mut line) = (limit.max(2), Vec::new(), String::new());
    for piece in pieces(text) {
        if !line.is_empty() && line.width() + piece.trim_end().width() > limit {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        for c in piece.chars() {
            if line.width() + c.width().unwrap_or(0) > limit && c != ' ' {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            line.push(c);
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Parts of a text between which a line may be broken: a word with the spaces behind it, or one wide character.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let wide = |c: char| c.width() == Some(2);
        let breaks = match chars.peek() {
            None => true,
            Some(&(_, next)) => (c == ' ' && next != ' ') || ((wide(c) || wide(next)) && next != ' ' && !closes(next)),
        };
        if breaks {
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    pieces
}

/// Punctuation that must not begin a line.
fn closes(c: char) -> bool {
    "，。；：、）】”’？！,.;:)]%".contains(c)
}

/// Widths for columns of these texts that fit `limit` together; the widest give way first.
pub(crate) fn fit(rows: &[Vec<&str>], limit: usize) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let natural = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|text| text.width()).max();
    let mut widths: Vec<usize> = (0..count).map(|column| natural(column).unwrap_or(0)).collect();
    let available = limit.saturating_sub(GAP * count.saturating_sub(1));
    while widths.iter().sum::<usize>() > available {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
    }
    widths
}

/// One row as lines: every cell wrapped to its column.
pub(crate) fn row(cells: &[&str], widths: &[usize]) -> Vec<String> {
    let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(|(cell, &width)| wrap(cell, width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let line = |i: usize| {
        let padded = wrapped.iter().zip(widths).map(|(lines, &width)| {
            let text = lines.get(i).map_or("", String::as_str);
            format!("{text}{}", " ".repeat(width.saturating_sub(text.width()) + GAP))
        });
        padded.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_between_chinese_characters() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("单向服务器推送", 6), ["单向服", "务器推", "送"]);
        assert_eq!(wrap("等效，真的。", 4), ["等", "效，", "真", "的。"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        for limit in 2..40 {
            let text = "WebSocket 的总字节数是 SSE 的 0.85×, fewer bytes at 64 B; 256 B";
            assert!(wrap(text, limit).iter().all(|line| line.width() <= limit.max(3)), "{limit}");
        }
    }

    #[test]
    fn the_widest_column_gives_way() {
        let rows = [vec!["short", "a rather long text that must wrap", "x"]];
        assert_eq!(fit(&rows, 30), [5, 20, 1]);
        let widths = fit(&rows, 30);
        let lines = row(&rows[0], &widths);
        assert!(lines.iter().all(|line| line.width() <= 30) && lines.len() == 2, "{lines:?}");
    }
}
