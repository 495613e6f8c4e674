//! What may be shown of URLs, headers and command lines that may hold credentials. It keeps names, and of a query the values that
//! no credential looks like, so that a command can be repeated.

use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::Range;

/// What stands in the place of a credential.
const HIDDEN: &str = "***";
/// Characters of a secret that may be seen. Shorter secrets are words that occur anyway.
const MOST_SHOWN: usize = 4;
/// Parts of the names of headers whose values are credentials.
const SECRET_PARTS: [&str; 9] =
    ["auth", "cookie", "credential", "key", "passw", "secret", "session", "signature", "token"];

/// Parts of the names in a query whose values are credentials too.
const SECRET_MEMBERS: [&str; 5] = ["code", "jwt", "pass", "pwd", "sig"];
/// Longest value of a query that is shown: keys are longer.
const LONGEST_SHOWN: usize = 12;

/// A URL without its credentials: `http://***@host/path?key=***&rate=5#***`. A text that is no URL is treated as if it were one.
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

/// Names of a query, with their values hidden but for those that no credential looks like.
fn members(query: &str) -> String {
    let member = |member: &str| match member.split_once('=') {
        Some((name, value)) if is_harmless(name, value) => member.to_owned(),
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None => HIDDEN.to_owned(),
    };
    query.split('&').map(member).collect::<Vec<_>>().join("&")
}

/// Whether a member of a query is a setting: a short word or a number, by no name of a credential.
fn is_harmless(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,".contains(&byte);
    let named = is_secret(name) || SECRET_MEMBERS.iter().any(|part| lower.contains(part));
    !named && value.len() <= LONGEST_SHOWN && value.bytes().all(is_plain)
}

/// The values of a URL's query, which may be credentials.
pub fn query_values(path_and_query: &str) -> impl Iterator<Item = &str> {
    let query = path_and_query.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|member| member.split_once('=').map_or(Some(member), |(_, value)| Some(value)))
}

/// Whether the header of this name holds a credential.
pub fn is_secret(name: &str) -> bool {
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

/// Values that a peer may send back in what it says, and that must not be shown then: neither whole nor in part.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Everything confidential in these headers and in the query of this path. A scheme (`Bearer`) is no secret, what
    /// follows it is.
    pub fn of(headers: &[(String, String)], path_and_query: &str) -> Self {
        let headers =
            headers.iter().filter(|(name, _)| is_secret(name)).flat_map(|(name, value)| confidential(name, value));
        let decoded = |value: &str| percent_decode_str(value).decode_utf8_lossy().into_owned();
        let values = query_values(path_and_query).flat_map(|value| [value.to_owned(), decoded(value)]);
        // Texts of errors quote, and quoting escapes.
        let forms = |secret: String| [secret.escape_debug().to_string(), secret];
        let mut found: Vec<String> = headers.map(str::to_owned).chain(values).flat_map(forms).collect();
        found.retain(|secret| secret.chars().count() > MOST_SHOWN);
        found.sort_unstable();
        found.dedup();
        Self(found)
    }

    /// The text without the secrets, and without any beginning or end of one that is longer than four characters: a peer
    /// may cut what it repeats, and so may the network and whoever quotes it.
    pub fn hide(&self, text: &str) -> String {
        let mut places: Vec<Range<usize>> = self.0.iter().flat_map(|secret| places(text, secret)).collect();
        places.sort_unstable_by_key(|place| place.start);
        let (mut shown, mut end) = (String::with_capacity(text.len()), 0);
        for place in places {
            if place.start >= end {
                shown.push_str(&text[end..place.start]);
                shown.push_str(HIDDEN);
            }
            end = end.max(place.end);
        }
        shown.push_str(&text[end..]);
        shown
    }

    /// The same for every text in what a peer has stated; `None` where it is no such statement without them.
    pub fn hide_in<T: Serialize + DeserializeOwned>(&self, stated: &T) -> Option<T> {
        let mut value = serde_json::to_value(stated).ok()?;
        replace(&mut value, &|text| self.hide(text));
        serde_json::from_value(value).ok()
    }
}

/// Replaces every text of a JSON value.
fn replace(value: &mut Value, hide: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = hide(text),
        Value::Array(members) => members.iter_mut().for_each(|member| replace(member, hide)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, hide)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The confidential parts of a header's value: all of it, its words but for a scheme, and what follows the name of a cookie.
fn confidential<'a>(name: &str, value: &'a str) -> impl Iterator<Item = &'a str> {
    let has_scheme = name.to_ascii_lowercase().contains("auth") && value.contains(' ');
    let words = || value.split([' ', ';', ',']);
    let named = words().filter_map(|word| Some(word.split_once('=')?.1));
    let all = Some(value).filter(|_| !has_scheme);
    all.into_iter().chain(words().skip(usize::from(has_scheme))).chain(named)
}

/// Where a text holds a beginning or an end of a secret that is longer than may be shown.
fn places(text: &str, secret: &str) -> Vec<Range<usize>> {
    let least = MOST_SHOWN + 1;
    let head = secret.char_indices().nth(least).map_or(secret, |(at, _)| &secret[..at]);
    let tail = secret.char_indices().nth_back(MOST_SHOWN).map_or(secret, |(at, _)| &secret[at..]);
    let alike = |(one, other): &(char, char)| one == other;
    let heads = text.match_indices(head).map(|(at, _)| {
        let same = text[at..].chars().zip(secret.chars()).take_while(alike);
        at..at + same.map(|(one, _)| one.len_utf8()).sum::<usize>()
    });
    let tails = text.match_indices(tail).map(|(at, _)| {
        let end = at + tail.len();
        let same = text[..end].chars().rev().zip(secret.chars().rev()).take_while(alike);
        end - same.map(|(one, _)| one.len_utf8()).sum::<usize>()..end
    });
    heads.chain(tails).collect()
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
            ("https://u:p@h/v1?key=k&a&b=c#t", "https://***@h/v1?key=***&***&b=c#***"),
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
            ("-H|Referer: http://h/?a=s3cret", "-H|Referer: http://h/?a=s3cret"),
            ("-H|X-Test: 1|compare|a:b", "-H|X-Test: 1|compare|a:b"),
            ("llm|http://h:80/?key=s3cret|-n|5", "llm|http://h:80/?key=***|-n|5"),
        ] {
            assert_eq!(words(line(given)), line(shown), "{given}");
        }
    }

    #[test]
    fn no_part_of_a_secret_is_shown_wherever_it_was_cut() {
        let key = "sk-proj-0123456789abcdefghijklmnopqrst";
        let secrets = Secrets::of(&[("Authorization".to_owned(), format!("Bearer {key}"))], "/");
        for at in 1..key.len() {
            for (text, part) in
                [(format!("bad key {}", &key[..at]), &key[..at]), (format!("{} is bad", &key[at..]), &key[at..])]
            {
                let shown = secrets.hide(&text);
                assert!(part.len() <= MOST_SHOWN || !shown.contains(&part[..MOST_SHOWN + 1]), "{shown}");
                assert!(shown.contains("bad"), "{shown}");
            }
            let around = secrets.hide(&format!("{}\u{8def}{}", &key[..at], &key[at..]));
            assert!(around.contains('\u{8def}') && around.chars().count() <= 3 + 1 + 3 + MOST_SHOWN, "{around}");
        }
        assert_eq!(secrets.hide("key sk-proj-****qrst"), "key *******qrst");
    }

    #[test]
    fn a_secret_is_known_in_each_form_that_a_peer_or_a_quotation_gives_it() {
        let headers = [("Cookie".to_owned(), "id=1; session=abc\"def".to_owned())];
        let secrets = Secrets::of(&headers, "/?key=p%2Fq%20rst");
        assert_eq!(secrets.hide("p%2Fq%20rst or p/q rst, abc\"def"), "*** or ***, ***");
        assert_eq!(secrets.hide(&format!("{:?}", "abc\"def")), "\"***\"");
        let basic = Secrets::of(&[("Authorization".to_owned(), "Basic dXNlcjpwYXNz".to_owned())], "/");
        assert_eq!(basic.hide("Basic dXNlcjpwYXNz"), "Basic ***");
    }

    #[test]
    fn a_peer_that_repeats_a_secret_does_not_get_it_shown() {
        let headers =
            [("Authorization".to_owned(), "Bearer s3cret-key".to_owned()), ("Accept".to_owned(), "x".repeat(9))];
        let secrets = Secrets::of(&headers, "/v1?key=s3cret-key-2&v=1");
        assert_eq!(secrets.hide("no s3cret-key, no s3cret-key-2, but 1 Bearer"), "no ***, no ***, but 1 Bearer");
        assert_eq!(format!("{secrets:?}"), "Secrets(hidden)");
        let stated = vec![("s3cret-key".to_owned(), 7)];
        assert_eq!(secrets.hide_in(&stated), Some(vec![("***".to_owned(), 7)]));
    }
}
