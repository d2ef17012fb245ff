//! A line between two servers that can be broken: bytes of any protocol, unlike those of the [proxy](crate::Proxy).

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Bytes that are carried at a time.
const PIECE: usize = 64 << 10;

/// How a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Sound,
    Silent,
    Cut,
}

/// A line to one port of 127.0.0.1. It ends when this is dropped.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    state: watch::Sender<State>,
    accepting: JoinHandle<()>,
}

impl Wire {
    /// A line to this port, behind which nobody need listen yet.
    pub async fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = watch::Sender::new(State::Sound);
        let accepting = tokio::spawn({
            let state = state.clone();
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    tokio::spawn(connect(near, (Ipv4Addr::LOCALHOST, target).into(), state.subscribe()));
                }
            }
        });
        Self { port, state, accepting }
    }

    /// The port that leads over the line.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Closes the connections that there are, and any that is made from now on.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Nothing comes over any more, either way, and nobody is told. What is on its way comes when it is mended.
    pub fn silence(&self) {
        self.state.send_replace(State::Silent);
    }

    /// All is well again.
    pub fn mend(&self) {
        self.state.send_replace(State::Sound);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn connect(near: TcpStream, target: SocketAddr, mut state: watch::Receiver<State>) {
    if *state.borrow() == State::Cut {
        return;
    }
    let Ok(far) = TcpStream::connect(target).await else { return };
    for stream in [&near, &far] {
        stream.set_nodelay(true).expect("a socket");
    }
    let (from_near, to_near) = near.into_split();
    let (from_far, to_far) = far.into_split();
    let there = carry(from_near, to_far, state.clone());
    let back = carry(from_far, to_near, state.clone());
    // Whatever ends first closes both.
    tokio::select! {
        _ = there => {}
        _ = back => {}
        _ = state.wait_for(|state| *state == State::Cut) => {}
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let size = from.read(&mut piece).await?;
        if size == 0 {
            return Ok(());
        }
        state.wait_for(|state| *state != State::Silent).await.map_err(std::io::Error::other)?;
        to.write_all(&piece[..size]).await?;
    }
}
