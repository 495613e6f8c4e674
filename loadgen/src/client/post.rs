//! Messages up over keep-alive POST requests, one answer for each. Refuses to pipeline: HTTP/1.1 clients in the wild
//! do not.

use super::http::Exchange;
use super::{DecodeError, Lines, Request, RequestError, Signal};
use wire::Transport;

/// One keep-alive connection for messages of one size.
#[derive(Debug)]
pub struct Post {
    exchange: Exchange<Lines>,
    head: Vec<u8>,
}

impl Post {
    /// Prepares requests whose bodies have `body_bytes` bytes; `request` names path and headers, its body is ignored.
    ///
    /// # Errors
    /// [`RequestError`] when HTTP does not allow a part of the request.
    pub fn new(request: &Request, body_bytes: usize) -> Result<Self, RequestError> {
        let sized = Request { method: "POST".to_owned(), body: Some(vec![0; body_bytes]), ..request.clone() };
        let (mut head, _) = sized.encode(Transport::LongPoll)?;
        head.truncate(head.len() - body_bytes);
        Ok(Self { exchange: Exchange::new(Lines::default()), head })
    }

    /// Appends the request that carries `message` to `out`.
    pub fn write(&self, message: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(message);
    }

    /// Takes the next bytes of the connection; true when they complete an answer.
    ///
    /// # Errors
    /// [`DecodeError`] when the answer is not a success.
    pub fn push(&mut self, bytes: &[u8]) -> Result<bool, DecodeError> {
        let mut answered = false;
        self.exchange.push(bytes, &mut |signal: Signal<'_>| answered |= matches!(signal, Signal::ResponseEnd))?;
        Ok(answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_gets_a_whole_request_and_one_answer() {
        let mut post = Post::new(&Request::get("h:1", "/publish/s"), 5).unwrap();
        let mut out = Vec::new();
        post.write(b"hello", &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("POST /publish/s HTTP/1.1\r\nHost: h:1\r\n"), "{text}");
        assert!(text.ends_with("Content-Length: 5\r\n\r\nhello"), "{text}");
        assert!(!post.push(b"HTTP/1.1 204 No Content\r\n").unwrap());
        assert!(post.push(b"\r\n").unwrap());
        assert!(post.push(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}
