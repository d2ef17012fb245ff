//! A running driver: requests and answers, one a line, each within a limit of time.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Client;

/// How long an answer may take. A client that hangs is ended, and started anew for the next request.
const LIMIT: Duration = Duration::from_secs(25);

/// Why a client did not do what a scenario asks for.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// It has no such thing.
    Absent(String),
    /// It failed, or did another thing.
    Failed(String),
}

struct Process {
    child: Child,
    answers: Receiver<String>,
}

/// A client's driver.
pub(crate) struct Driver {
    pub(crate) version: String,
    command: fn() -> Command,
    url: String,
    log: PathBuf,
    process: Option<Process>,
}

impl Driver {
    /// Starts a client's driver, on this server; what it says besides its answers goes into the file.
    pub(crate) fn start(client: &Client, url: &str, log: PathBuf) -> Result<Self, String> {
        let mut driver =
            Self { version: String::new(), command: client.command, url: url.to_owned(), log, process: None };
        let hello =
            driver.request(&json!({ "op": "hello", "url": url })).map_err(|stop| format!("{stop:?}"))?;
        hello["version"].as_str().unwrap_or_default().clone_into(&mut driver.version);
        match client.pinned() {
            Some(pinned) if pinned != driver.version => {
                Err(format!("{} is {}, and `versions` says {pinned}", client.name, driver.version))
            }
            _ => Ok(driver),
        }
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&mut self, request: &Value) -> Result<Value, Stop> {
        if self.process.is_none() {
            self.request(&json!({ "op": "hello", "url": self.url }))?;
        }
        self.request(request)
    }

    fn request(&mut self, request: &Value) -> Result<Value, Stop> {
        if self.process.is_none() {
            self.process = Some(self.spawn());
        }
        let process = self.process.as_mut().expect("a process");
        let input = process.child.stdin.as_mut().expect("a pipe");
        // Whether it was taken shows by the answer.
        let _ = writeln!(input, "{request}").and_then(|()| input.flush());
        let answer = match process.answers.recv_timeout(LIMIT) {
            Ok(answer) => answer,
            Err(error) => {
                let hung = error == RecvTimeoutError::Timeout;
                self.end();
                let what = if hung { format!("no answer in {LIMIT:?}") } else { self.last_words() };
                return Err(Stop::Failed(format!("{}: {what}", request["op"])));
            }
        };
        let answer: Value =
            serde_json::from_str(&answer).map_err(|_| Stop::Failed(format!("not an answer: {answer}")))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(what) = answer.get("absent") {
            return Err(Stop::Absent(text(what)));
        }
        match answer.get("error") {
            Some(error) => Err(Stop::Failed(format!("{}: {}", text(&request["op"]), text(error)))),
            None => Ok(answer["value"].clone()),
        }
    }

    fn spawn(&self) -> Process {
        let mut command = (self.command)();
        let log = File::options().create(true).append(true).open(&self.log).expect("a file for the log");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, answers) = channel();
        // Ends with the driver's output.
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok());
        });
        Process { child, answers }
    }

    fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        format!("its driver has ended: {}", said.lines().last().unwrap_or("without a word"))
    }

    fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}
