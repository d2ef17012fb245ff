//! A TCP proxy that understands NATS frames, to lose chosen ones.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

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

/// A proxy before a server. It ends when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    url: String,
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
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("nats://{}", listener.local_addr().expect("an address"));
        let server = server.trim_start_matches("nats://").to_owned();
        let (of_client, of_server) = (Arc::new(loses_of_client), Arc::new(loses_of_server));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(forward(from_client, to_server, of_client.clone()));
                tokio::spawn(forward(from_server, to_client, of_server.clone()));
            }
        });
        Self { url, accepting }
    }

    /// Where to connect to.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn forward(
    from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    loses: Arc<impl Fn(&Frame<'_>) -> bool>,
) -> std::io::Result<()> {
    const MESSAGES: [&str; 4] = ["MSG ", "HMSG ", "PUB ", "HPUB "];
    let mut from = BufReader::new(from);
    let mut line = String::new();
    while from.read_line(&mut line).await? > 0 {
        let mut body = Vec::new();
        if MESSAGES.iter().any(|message| line.starts_with(message)) {
            let size = line.split_whitespace().last().and_then(|size| size.parse().ok()).unwrap_or(0_usize);
            body.resize(size + 2, 0);
            from.read_exact(&mut body).await?;
            if loses(&Frame { line: &line, body: &String::from_utf8_lossy(&body), size }) {
                line.clear();
                continue;
            }
        }
        to.write_all(line.as_bytes()).await?;
        to.write_all(&body).await?;
        line.clear();
    }
    Ok(())
}
