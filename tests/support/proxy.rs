//! A TCP proxy that understands NATS frames, to lose chosen ones of what the server says.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A message on its way to a client: its first line and what follows it.
#[derive(Debug)]
pub struct Frame<'f> {
    /// `MSG` or `HMSG`, with subject, subscription, and sizes.
    pub line: &'f str,
    /// Headers and payload.
    pub body: &'f str,
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
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("nats://{}", listener.local_addr().expect("an address"));
        let server = server.trim_start_matches("nats://").to_owned();
        let loses = Arc::new(loses);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                let (mut from_client, to_client) = client.into_split();
                let (from_server, mut to_server) = server.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
                tokio::spawn(forward(from_server, to_client, loses.clone()));
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
    server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    loses: Arc<impl Fn(&Frame<'_>) -> bool>,
) -> std::io::Result<()> {
    let mut server = BufReader::new(server);
    let mut line = String::new();
    while server.read_line(&mut line).await? > 0 {
        let mut body = Vec::new();
        if line.starts_with("MSG ") || line.starts_with("HMSG ") {
            let size = line.split_whitespace().last().and_then(|size| size.parse().ok()).unwrap_or(0_usize);
            body.resize(size + 2, 0);
            server.read_exact(&mut body).await?;
            if loses(&Frame { line: &line, body: &String::from_utf8_lossy(&body) }) {
                line.clear();
                continue;
            }
        }
        client.write_all(line.as_bytes()).await?;
        client.write_all(&body).await?;
        line.clear();
    }
    Ok(())
}
