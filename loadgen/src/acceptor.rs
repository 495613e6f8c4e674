//! A listening socket on loopback, whose connections go to one function. Refuses to know what is done with them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

/// Takes connections until it is dropped; those that are open then end with their clients.
#[derive(Debug)]
pub(crate) struct Acceptor {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Acceptor {
    /// Listens on a free port and hands every connection to `join`, which must not wait for its end.
    ///
    /// # Errors
    /// When there is no socket or no thread to be had.
    pub(crate) fn open(join: impl Fn(TcpStream) -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (address, closed) = (listener.local_addr()?, Arc::new(AtomicBool::new(false)));
        let over = Arc::clone(&closed);
        let accept = move || {
            for client in listener.incoming() {
                if over.load(Relaxed) {
                    break;
                }
                // A connection that cannot be carried is dropped, and its client sees that: there is nobody else to tell.
                let _ = client.and_then(&join);
            }
        };
        let thread = thread::Builder::new().name("acceptor".to_owned()).spawn(accept)?;
        Ok(Self { address, closed, thread: Some(thread) })
    }

    /// Where to dial.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.closed.store(true, Relaxed);
        // The thread waits for a connection: it gets one.
        let woken = TcpStream::connect(self.address).is_ok();
        let _ = self.thread.take().filter(|_| woken).map(JoinHandle::join);
    }
}
