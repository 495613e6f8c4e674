//! HTML as a tree of strings that cannot be put together without escaping. Refuses to know what a page is.

use crate::printed::is_obeyed;

/// Markup that is safe to put into a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Markup that this program made itself: a style sheet, a chart.
    pub(super) fn trusted(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        Self(escape(text))
    }
}

impl From<&String> for Html {
    fn from(text: &String) -> Self {
        Self(escape(text))
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        Self(escape(&text))
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(parts: I) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

impl From<Element> for Html {
    fn from(element: Element) -> Self {
        let Element { name, attributes, content } = element;
        Self(format!("<{name}{attributes}>{}</{name}>", content.0))
    }
}

/// Text for HTML and XML: characters that neither takes are blanks.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters and noncharacters have no place there, escaped or not.
            '\n' | '\t' => out.push(c),
            '\u{fffe}'..='\u{ffff}' => out.push(' '),
            c if is_obeyed(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// An element under construction.
#[derive(Debug, Clone)]
pub(super) struct Element {
    name: &'static str,
    attributes: String,
    content: Html,
}

/// An element without attributes and content.
pub(super) fn el(name: &'static str) -> Element {
    Element { name, attributes: String::new(), content: Html::default() }
}

impl Element {
    pub(super) fn with(mut self, attribute: &'static str, value: &str) -> Self {
        self.attributes += &format!(" {attribute}=\"{}\"", escape(value));
        self
    }

    pub(super) fn class(self, names: &str) -> Self {
        self.with("class", names)
    }

    pub(super) fn add(mut self, content: impl Into<Html>) -> Self {
        self.content.0 += &content.into().0;
        self
    }

    pub(super) fn all<H: Into<Html>>(self, content: impl IntoIterator<Item = H>) -> Self {
        content.into_iter().fold(self, Self::add)
    }

    /// The element with a line break behind it, which keeps the source readable.
    pub(super) fn line(self) -> Html {
        let mut html = Html::from(self);
        html.0.push('\n');
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let hostile = "</td><script>alert('x')</script>\u{1b}[31m&\"";
        let html = Html::from(el("td").with("title", hostile).add(hostile)).into_string();
        assert_eq!(html.matches('<').count(), 2, "{html}");
        assert!(!html.contains('\u{1b}') && html.contains("&lt;script&gt;") && html.contains("&quot;"));
    }
}
