//! A TCP proxy that understands NATS frames: to lose, repeat, tear and slow down chosen ones, and to break connections.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

/// A message on its way.
#[derive(Debug)]
pub struct Frame<'f> {
    /// `MSG` or `HMSG` of the server, `PUB` or `HPUB` of a client, with subject, reply and sizes.
    pub line: &'f str,
    /// Headers and payload, as far as they are text.
    pub body: &'f str,
    /// Bytes of headers and payload.
    pub size: usize,
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Pass,
    /// It is lost.
    Lose,
    /// It goes on, and once more when the proxy is told to [repeat](Proxy::repeat).
    Copy,
    /// It goes on with this body, which is as long.
    Instead(String),
    /// Half of it goes on, then both connections are closed.
    Tear,
    /// Both connections are closed before it.
    Cut,
    /// It goes on, then this, then both connections are closed.
    Last(&'static str),
}

/// How the connections are.
#[derive(Debug, Default)]
struct Line {
    /// Microseconds from one end to the other.
    delay: AtomicU64,
    /// Bytes in a second; zero for as many as come.
    rate: AtomicU64,
    /// Every byte is sent by itself.
    dribbles: AtomicBool,
    /// Copies are sent.
    repeats: AtomicBool,
    connections: Mutex<Vec<Arc<Connection>>>,
}

/// A client's connection, and the proxy's own to the server.
#[derive(Debug, Default)]
struct Connection {
    to_client_silent: AtomicBool,
    to_server_silent: AtomicBool,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Connection {
    fn close(&self) {
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

/// A proxy before a server. It ends when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    line: Arc<Line>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy that loses every message of the server for which `loses` is true.
    pub async fn start(server: &str, loses: impl Fn(&Frame<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self::between(server, |_| false, loses).await
    }

    /// A proxy that loses every message of a client, and of the server, for which these are true.
    pub async fn between(
        server: &str,
        loses_of_client: impl Fn(&Frame<'_>) -> bool + Send + Sync + 'static,
        loses_of_server: impl Fn(&Frame<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        let fate = |loses: bool| if loses { Fate::Lose } else { Fate::Pass };
        Self::deciding(
            server,
            move |frame| fate(loses_of_client(frame)),
            move |frame| fate(loses_of_server(frame)),
        )
        .await
    }

    /// A proxy that asks what becomes of each message of a client, and of the server.
    pub async fn deciding(
        server: &str,
        of_client: impl Fn(&Frame<'_>) -> Fate + Send + Sync + 'static,
        of_server: impl Fn(&Frame<'_>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("nats://{}", listener.local_addr().expect("an address"));
        let server = server.trim_start_matches("nats://").to_owned();
        let (of_client, of_server) = (Arc::new(of_client), Arc::new(of_server));
        let line = Arc::new(Line::default());
        let accepting = tokio::spawn({
            let line = line.clone();
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let Ok(server) = TcpStream::connect(&server).await else { continue };
                    for stream in [&client, &server] {
                        stream.set_nodelay(true).expect("a socket");
                    }
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let connection = Arc::new(Connection::default());
                    line.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection.clone());
                    let up = Way { line: line.clone(), connection: connection.clone(), is_up: true };
                    let down = Way { line: line.clone(), connection: connection.clone(), is_up: false };
                    let mut tasks = connection.tasks.lock().unwrap_or_else(PoisonError::into_inner);
                    tasks.extend(up.run(from_client, to_server, of_client.clone()));
                    tasks.extend(down.run(from_server, to_client, of_server.clone()));
                }
            }
        });
        Self { url, line, accepting }
    }

    /// Where to connect to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes the connections that there are.
    pub fn cut(&self) {
        for connection in self.connections().drain(..) {
            connection.close();
        }
    }

    /// Nothing comes from the server any more over the connections that there are, and nobody is told.
    pub fn silence_server(&self) {
        for connection in self.connections().iter() {
            connection.to_client_silent.store(true, Ordering::Relaxed);
        }
    }

    /// Nothing comes to the server any more over the connections that there are, and nobody is told.
    pub fn silence_client(&self) {
        for connection in self.connections().iter() {
            connection.to_server_silent.store(true, Ordering::Relaxed);
        }
    }

    /// How long everything is under way, each way.
    pub fn delay(&self, delay: Duration) {
        self.line.delay.store(u64::try_from(delay.as_micros()).expect("a short time"), Ordering::Relaxed);
    }

    /// How many bytes pass in a second, each way.
    pub fn throttle(&self, bytes_per_second: u64) {
        self.line.rate.store(bytes_per_second, Ordering::Relaxed);
    }

    /// Sends every byte by itself.
    pub fn dribble(&self) {
        self.line.dribbles.store(true, Ordering::Relaxed);
    }

    /// Sends the copies of messages, before the next message of their connection.
    pub fn repeat(&self) {
        self.line.repeats.store(true, Ordering::Relaxed);
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Connection>>> {
        self.line.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

/// One way of a connection.
struct Way {
    line: Arc<Line>,
    connection: Arc<Connection>,
    is_up: bool,
}

/// Frames that are under way between the two ends of the proxy.
const UNDER_WAY: usize = 64;

/// Bytes on their way, and when they arrive.
type Sent = (Instant, Vec<u8>);

impl Way {
    /// Carries frames over, until one end is closed; then the other one is closed too.
    fn run(
        self,
        from: impl AsyncRead + Unpin + Send + 'static,
        to: impl AsyncWrite + Unpin + Send + 'static,
        fate: Arc<impl Fn(&Frame<'_>) -> Fate + Send + Sync + 'static>,
    ) -> [AbortHandle; 2] {
        let (sender, receiver) = mpsc::channel(UNDER_WAY);
        let (line, connection) = (self.line.clone(), self.connection.clone());
        let writing = tokio::spawn(async move {
            let _ = write(receiver, to, &line).await;
            connection.close();
        });
        let reading = tokio::spawn(async move {
            let _ = self.read(from, sender, fate).await;
        });
        [reading.abort_handle(), writing.abort_handle()]
    }

    async fn read(
        &self,
        from: impl AsyncRead + Unpin,
        to: mpsc::Sender<Sent>,
        fate: Arc<impl Fn(&Frame<'_>) -> Fate>,
    ) -> std::io::Result<()> {
        const MESSAGES: [&str; 4] = ["MSG ", "HMSG ", "PUB ", "HPUB "];
        let mut from = BufReader::new(from);
        let mut line = String::new();
        let mut copies = Vec::new();
        while from.read_line(&mut line).await? > 0 {
            let mut sent = std::mem::take(&mut line).into_bytes();
            let (mut fated, start) = (Fate::Pass, sent.len());
            let head = String::from_utf8_lossy(&sent).into_owned();
            if MESSAGES.iter().any(|message| head.starts_with(message)) {
                let size =
                    head.split_whitespace().last().and_then(|size| size.parse().ok()).unwrap_or(0_usize);
                sent.resize(start + size + 2, 0);
                from.read_exact(&mut sent[start..]).await?;
                fated = fate(&Frame { line: &head, body: &String::from_utf8_lossy(&sent[start..]), size });
            }
            if self.is_silent() {
                continue;
            }
            if self.line.repeats.load(Ordering::Relaxed) {
                for copy in copies.drain(..) {
                    self.send(&to, copy).await?;
                }
            }
            match fated {
                Fate::Pass => self.send(&to, sent).await?,
                Fate::Lose => {}
                Fate::Copy => {
                    copies.push(sent.clone());
                    self.send(&to, sent).await?;
                }
                Fate::Instead(body) => {
                    assert_eq!(body.len(), sent.len() - start, "its size was told already");
                    sent.truncate(start);
                    sent.extend_from_slice(body.as_bytes());
                    self.send(&to, sent).await?;
                }
                Fate::Tear => {
                    sent.truncate(sent.len() / 2);
                    return self.send(&to, sent).await;
                }
                Fate::Cut => return Ok(()),
                Fate::Last(words) => {
                    sent.extend_from_slice(words.as_bytes());
                    return self.send(&to, sent).await;
                }
            }
        }
        Ok(())
    }

    fn is_silent(&self) -> bool {
        let connection = &self.connection;
        let silent = if self.is_up { &connection.to_server_silent } else { &connection.to_client_silent };
        silent.load(Ordering::Relaxed)
    }

    async fn send(&self, to: &mpsc::Sender<Sent>, bytes: Vec<u8>) -> std::io::Result<()> {
        let arrives = Instant::now() + Duration::from_micros(self.line.delay.load(Ordering::Relaxed));
        to.send((arrives, bytes)).await.map_err(std::io::Error::other)
    }
}

async fn write(
    mut from: mpsc::Receiver<Sent>,
    mut to: impl AsyncWrite + Unpin,
    line: &Line,
) -> std::io::Result<()> {
    while let Some((arrives, bytes)) = from.recv().await {
        tokio::time::sleep_until(arrives).await;
        let rate = line.rate.load(Ordering::Relaxed);
        let piece = match rate {
            _ if line.dribbles.load(Ordering::Relaxed) => 1,
            0 => bytes.len().max(1),
            // Ten pieces a second.
            rate => usize::try_from(rate / 10).unwrap_or(usize::MAX).max(1),
        };
        for bytes in bytes.chunks(piece) {
            to.write_all(bytes).await?;
            if let Some(nanos) = (bytes.len() as u64 * 1_000_000_000).checked_div(rate) {
                tokio::time::sleep(Duration::from_nanos(nanos)).await;
            }
        }
    }
    to.shutdown().await
}
