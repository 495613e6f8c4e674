//! Who may ask a server, decided before any route: its token, the pages that may use it, the names that it has. Refuses to
//! serve.
//!
//! ```text
//!   one Host ─► Origin is its own, or allowed ─► a token is asked for ? Bearer or the page's cookie : the name is one of ours
//! ```
//!
//! A name is checked only without a token: a page that had its own name point here (DNS rebinding) is of one origin with it,
//! but has no token.

use crate::refusal::Refusal;
use crate::secret::Secret;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version};
use std::io;
use std::net::IpAddr;

/// Where a browser changes the token for a cookie.
pub(crate) const LOGIN: &str = "/login";
/// Under this path a key of its own may be asked for.
const API: &str = "/v1/";
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Who may ask a server.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Asked of every request; none is asked for without it.
    pub token: Option<Secret>,
    /// Origins of foreign pages that may ask all the same, as browsers write them: `https://host:port`, or `null`.
    pub origins: Vec<String>,
}

/// The same, as a server checks it.
#[derive(Debug)]
pub(crate) struct Gate {
    asked: Option<Asked>,
    origins: Vec<String>,
    /// This host's own name, and those of the allowed origins.
    names: Vec<String>,
}

/// What is asked for.
#[derive(Debug)]
struct Asked {
    token: Secret,
    /// What the page's cookie holds: a secret of this process, so that no browser keeps the token.
    pass: Secret,
    /// The cookie's name. Cookies know no ports, servers of one host do.
    cookie: String,
    /// Whether the language models ask for a key of their own, where clients would send the token.
    models_have_key: bool,
}

impl Gate {
    /// The gate of a server on a port.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(crate) fn new(access: Access, port: u16, models_have_key: bool) -> io::Result<Self> {
        let Access { token, origins } = access;
        let asked = token.map(|token| {
            Ok::<_, io::Error>(Asked {
                token,
                pass: Secret::generate()?,
                cookie: format!("pushbench-{port}"),
                models_have_key,
            })
        });
        let own = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        let allowed = origins.iter().filter_map(|origin| authority(origin)?.parse::<Authority>().ok());
        let names = own.into_iter().chain(allowed.map(|authority| authority.host().to_owned())).collect();
        Ok(Self { asked: asked.transpose()?, origins, names })
    }

    /// Whether a request may go on to its route.
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        check_framing(request.headers())?;
        let host = host(request)?;
        self.check_page(request, host.as_ref())?;
        match &self.asked {
            // What a browser asks before an allowed page's request carries no token.
            Some(_) if request.method() == Method::OPTIONS && self.allowed(request.headers()).is_some() => Ok(()),
            Some(asked) => asked.check(request.uri().path(), request.headers()),
            None => host.iter().chain(request.uri().authority()).try_for_each(|host| self.check_name(host)),
        }
    }

    /// Whether any foreign page is allowed.
    pub(crate) const fn allows_pages(&self) -> bool {
        !self.origins.is_empty()
    }

    /// The origin of a foreign page that was allowed, if a request came from one: it may read the answer.
    pub(crate) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.origins.iter().any(|allowed| origin == allowed.as_str()).then(|| origin.clone())
    }

    /// The cookie for a page whose user showed the token.
    pub(crate) fn cookie_for(&self, shown: &str) -> Result<String, Refusal> {
        let none = || Refusal::new(StatusCode::NOT_FOUND, "this server asks for no token");
        let Asked { token, pass, cookie, .. } = self.asked.as_ref().ok_or_else(none)?;
        let cookie = || format!("{cookie}={}; Path=/; HttpOnly; SameSite=Strict", pass.reveal());
        token.is(shown.as_bytes()).then(cookie).ok_or_else(Refusal::unauthorized)
    }

    /// Refuses what a foreign page makes a browser ask. One that says no origin is told by what browsers say of the site; who
    /// follows a link to here is no page.
    fn check_page<B>(&self, request: &Request<B>, host: Option<&Authority>) -> Result<(), Refusal> {
        let headers = request.headers();
        let own = |origin: &str| authority(origin).zip(host).is_some_and(|(from, host)| *host == *from);
        for origin in headers.get_all(ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            if !own(origin) && !self.origins.iter().any(|allowed| allowed == origin) {
                let origin: String = origin.chars().take(80).collect();
                return Err(foreign(format!("pages of '{origin}' may not ask this server (--allow-origin allows it)")));
            }
        }
        let says = |name, words: &[&str]| headers.get(name).is_some_and(|value| words.iter().any(|word| value == word));
        let follows_link = request.method() == Method::GET && says(FETCH_DEST, &["document"]);
        if !headers.contains_key(ORIGIN) && says(FETCH_SITE, &["cross-site", "same-site"]) && !follows_link {
            return Err(foreign("pages of other sites may not ask this server (--allow-origin allows one)"));
        }
        Ok(())
    }

    /// Whether a name is one of ours. An address always is: a page whose name was made to point here still says that name.
    fn check_name(&self, host: &Authority) -> Result<(), Refusal> {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        let local = name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
        if local || name.parse::<IpAddr>().is_ok() || self.names.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        let name: String = name.chars().take(80).collect();
        let line =
            format!("'{name}' is no name of this server: use its address (--allow-origin http://{name} adds the name)");
        Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, line))
    }
}

impl Asked {
    fn check(&self, path: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        let to_models = path.starts_with(API);
        let key = headers.get(API_KEY).filter(|_| to_models).map(|key| key.as_bytes());
        let passes = path == LOGIN
            || (to_models && self.models_have_key)
            || bearer(headers).or(key).is_some_and(|shown| self.token.is(shown))
            || cookies(headers).any(|(name, value)| name == self.cookie && self.pass.is(value.as_bytes()));
        if passes { Ok(()) } else { Err(Refusal::unauthorized()) }
    }
}

fn foreign(line: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, line)
}

/// Refuses a body whose length others on the way may read differently: in any coding but plain chunks.
fn check_framing(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let plain = codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    if plain && codings.next().is_none() {
        Ok(())
    } else {
        Err(Refusal::bad("the only transfer coding here is chunked"))
    }
}

/// The one Host of a request (RFC 9112, section 3.2); `None` where HTTP/1.0 does without.
fn host<B>(request: &Request<B>) -> Result<Option<Authority>, Refusal> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host,
        (None, _) if request.version() < Version::HTTP_11 => return Ok(None),
        (None, _) => return Err(Refusal::bad("a request names its host: exactly one Host field is needed")),
        (Some(_), Some(_)) => return Err(Refusal::bad("a request has one Host field, this one has several")),
    };
    let named = host.to_str().ok().filter(|host| !host.contains('@')).and_then(|host| host.parse().ok());
    named.map(Some).ok_or_else(|| Refusal::bad("the Host field names no host"))
}

/// The host and port of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
}

/// What follows `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, shown) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(shown)
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let fields = headers.get_all(COOKIE).into_iter().filter_map(|field| field.to_str().ok());
    fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// An origin as browsers write it, for a flag.
///
/// # Errors
/// What it must be.
pub(crate) fn origin(text: &str) -> Result<String, &'static str> {
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let fits = |named: &str| named.parse::<Authority>().is_ok() && !named.contains('@');
    let known = text == "null" || authority(&text).is_some_and(fits);
    if known { Ok(text) } else { Err("expected http://HOST[:PORT], https://HOST[:PORT] or null") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, fields: &[(&str, &str)]) -> Request<()> {
        let request = Request::get("/clock").version(version);
        fields.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
    }

    fn status(gate: &Gate, fields: &[(&str, &str)]) -> u16 {
        gate.admit(&request(Version::HTTP_11, fields)).err().map_or(200, |refusal| refusal.status.as_u16())
    }

    #[test]
    fn without_a_token_the_name_decides() {
        let origins = vec!["https://pages.example:8443".to_owned()];
        let gate = Gate::new(Access { origins, ..Access::default() }, 80, false).unwrap();
        for host in ["127.0.0.1:80", "[::1]:80", "10.1.2.3", "localhost", "LocalHost:9", "a.localhost", "pages.example"]
        {
            assert_eq!(status(&gate, &[("host", host)]), 200, "{host}");
        }
        for host in ["rebound.example", "127.0.0.1.example", "localhost.example:80", "0x7f.1"] {
            assert_eq!(status(&gate, &[("host", host)]), 421, "{host}");
        }
        for host in ["", "a b", "me@localhost", "localhost:port:"] {
            assert_eq!(status(&gate, &[("host", host)]), 400, "{host}");
        }
        assert_eq!(status(&gate, &[]), 400);
        assert_eq!(status(&gate, &[("host", "localhost"), ("host", "localhost")]), 400);
        assert!(gate.admit(&request(Version::HTTP_10, &[])).is_ok());
    }

    #[test]
    fn a_foreign_page_is_refused_and_its_own_is_not() {
        let gate = Gate::new(Access { origins: vec!["null".to_owned()], token: None }, 80, false).unwrap();
        let asks = |fields: &[(&str, &str)]| status(&gate, &[&[("host", "127.0.0.1:80")], fields].concat());
        assert_eq!(asks(&[("origin", "http://127.0.0.1:80")]), 200);
        assert_eq!(asks(&[("origin", "null")]), 200);
        for origin in ["http://127.0.0.1:81", "http://localhost:80", "https://evil.example", "file://", ""] {
            assert_eq!(asks(&[("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(asks(&[("origin", "null"), ("origin", "http://evil.example")]), 403);
        assert_eq!(asks(&[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "image")]), 403);
        assert_eq!(asks(&[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "iframe")]), 403);
        assert_eq!(asks(&[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "document")]), 200);
        assert_eq!(asks(&[("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "empty")]), 200);
    }

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for (text, origin) in
            [("http://A.example/", Some("http://a.example")), ("null", Some("null")), ("a.example", None)]
        {
            assert_eq!(super::origin(text).ok().as_deref(), origin, "{text}");
        }
        assert!(super::origin("https://me@a.example").is_err() && super::origin("http://a.example/path").is_err());
    }
}
