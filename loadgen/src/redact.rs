//! What may be shown of URLs, headers and command lines that may hold credentials. Refuses to guess which values are
//! harmless: it keeps names, and hides every value of a query.

/// What stands in the place of a credential.
const HIDDEN: &str = "***";
/// Shortest secret that is looked for in text: shorter ones are words that occur anyway.
const LEAST_SECRET_BYTES: usize = 6;
/// Parts of the names of headers whose values are credentials.
const SECRET_PARTS: [&str; 9] =
    ["auth", "cookie", "credential", "key", "passw", "secret", "session", "signature", "token"];

/// A URL without its credentials: `http://***@host/path?key=***#***`. A text that is no URL is treated as if it were one.
pub fn url(text: &str) -> String {
    let scheme = text.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?', '#', '@']));
    let (start, rest) = scheme.map_or(("", text), |(scheme, rest)| (&text[..scheme.len() + 3], rest));
    let authority_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_ends);
    let host = authority.rsplit_once('@').map_or(authority.to_owned(), |(_, host)| format!("{HIDDEN}@{host}"));
    let (tail, fragment) = tail.split_once('#').map_or((tail, ""), |(tail, _)| (tail, "#***"));
    let tail = tail.split_once('?').map_or(tail.to_owned(), |(path, query)| format!("{path}?{}", members(query)));
    format!("{start}{host}{tail}{fragment}")
}

/// Names of a query, with their values hidden.
fn members(query: &str) -> String {
    let member =
        |member: &str| member.split_once('=').map_or(HIDDEN.to_owned(), |(name, _)| format!("{name}={HIDDEN}"));
    query.split('&').map(member).collect::<Vec<_>>().join("&")
}

/// The values of a URL's query, which may be credentials.
pub fn query_values(path_and_query: &str) -> impl Iterator<Item = &str> {
    let query = path_and_query.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|member| member.split_once('=').map_or(Some(member), |(_, value)| Some(value)))
}

/// Whether the header of this name holds a credential.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// `NAME: VALUE`, without the value of a credential.
fn header(text: &str) -> String {
    match text.split_once(':') {
        Some((name, _)) if is_secret(name) => format!("{name}: {HIDDEN}"),
        Some((name, value)) if value.contains("://") => format!("{name}:{}", url(value)),
        Some(_) => text.to_owned(),
        None => HIDDEN.to_owned(),
    }
}

/// The words of a command line without credentials: URLs as [`url`] shows them, headers by name.
pub fn words(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut is_header = false;
    let redacted = words.into_iter().map(|word| {
        let follows = std::mem::take(&mut is_header);
        if follows {
            return header(&word);
        }
        // `-H NAME: …`, `-kH NAME: …`, `-HNAME: …`, `--header NAME: …` and `--header=NAME: …` are the same to the user.
        if let Some(inline) = word.strip_prefix("--header=") {
            return format!("--header={}", header(inline));
        }
        let short = word.strip_prefix('-').filter(|flags| !flags.starts_with('-'));
        match short.and_then(|flags| flags.split_once('H')) {
            Some((_, "")) => is_header = true,
            Some((flags, inline)) if flags.bytes().all(|flag| flag.is_ascii_lowercase()) => {
                return format!("-{flags}H{}", header(inline));
            }
            _ => is_header = word == "--header",
        }
        if word.contains("://") { url(&word) } else { word }
    });
    redacted.collect()
}

/// Values that a peer may send back in what it says, and that must not be shown then.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Everything confidential in these headers and in the query of this path. A scheme (`Bearer`) is no secret, what
    /// follows it is.
    pub fn of(headers: &[(String, String)], path_and_query: &str) -> Self {
        let headers = headers.iter().filter(|(name, _)| is_secret(name)).flat_map(|(_, value)| value.split(' '));
        let found = headers.chain(query_values(path_and_query)).filter(|value| value.len() >= LEAST_SECRET_BYTES);
        let mut found: Vec<String> = found.filter(|value| *value != "Bearer").map(str::to_owned).collect();
        // A secret may contain another one.
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(found)
    }

    /// The text with every secret in it hidden.
    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_its_place_and_loses_its_credentials() {
        for (text, shown) in [
            ("http://host:80/a", "http://host:80/a"),
            ("https://u:p@h/v1?key=k&a&b=c#t", "https://***@h/v1?key=***&***&b=***#***"),
            ("https://u:p@q@h", "https://***@h"),
            ("h?api_key=k", "h?api_key=***"),
            ("/a?next=http://h/k", "/a?next=***"),
            ("--target=http://h/?token=k=k", "--target=http://h/?token=***"),
        ] {
            assert_eq!(url(text), shown);
        }
    }

    #[test]
    fn a_command_line_hides_credentials_however_they_are_written() {
        let line = |words: &str| words.split('|').map(str::to_owned).collect::<Vec<_>>();
        for (given, shown) in [
            ("-H|Authorization: Bearer s3cret", "-H|Authorization: ***"),
            ("-HAuthorization: s3cret", "-HAuthorization: ***"),
            ("-kH|X-Api-Key: s3cret", "-kH|X-Api-Key: ***"),
            ("--header=x-goog-api-key: s3cret", "--header=x-goog-api-key: ***"),
            ("--header|X-Session: s3cret", "--header|X-Session: ***"),
            ("-H|s3cret", "-H|***"),
            ("-H|Referer: http://h/?a=s3cret", "-H|Referer: http://h/?a=***"),
            ("-H|X-Test: 1|compare|a:b", "-H|X-Test: 1|compare|a:b"),
            ("llm|http://h:80/?key=s3cret|-n|5", "llm|http://h:80/?key=***|-n|5"),
        ] {
            assert_eq!(words(line(given)), line(shown), "{given}");
        }
    }

    #[test]
    fn a_peer_that_repeats_a_secret_does_not_get_it_shown() {
        let headers =
            [("Authorization".to_owned(), "Bearer s3cret-key".to_owned()), ("Accept".to_owned(), "x".repeat(9))];
        let secrets = Secrets::of(&headers, "/v1?key=s3cret-key-2&v=1");
        assert_eq!(secrets.hide("no s3cret-key, no s3cret-key-2, but 1 Bearer"), "no ***, no ***, but 1 Bearer");
        assert_eq!(format!("{secrets:?}"), "Secrets(hidden)");
    }
}
