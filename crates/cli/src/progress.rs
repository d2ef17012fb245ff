//! The progress bar of a transfer.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::Global;
use crate::escape;

/// A transfer that is over by then shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);
const STEP: Duration = Duration::from_millis(100);

/// A bar on stderr, if that is a terminal. It goes away when this is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
}

impl Progress {
    /// The progress of the transfer of `name`, of which the size in bytes may be known.
    pub(crate) fn new(global: &Global, name: &str, size: Option<u64>) -> Self {
        let wanted = !global.quiet && !global.no_progress && !global.json && io::stderr().is_terminal();
        Self { bar: wanted.then(|| hidden_bar(name, size)), started: Instant::now() }
    }

    /// The same, for bytes that go to standard output: none if they show on a terminal themselves.
    pub(crate) fn beside_stdout(global: &Global, name: &str, size: u64) -> Self {
        if io::stdout().is_terminal() {
            return Self { bar: None, started: Instant::now() };
        }
        Self::new(global, name, Some(size))
    }

    /// Tells how many bytes were transferred so far.
    pub(crate) fn at(&self, bytes: u64) {
        let Some(bar) = &self.bar else { return };
        bar.set_position(bytes);
        if bar.is_hidden() && self.started.elapsed() >= PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(STEP);
        }
    }

    /// Prints something while the bar is out of its way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn hidden_bar(name: &str, size: Option<u64>) -> ProgressBar {
    let template = match size {
        Some(_) => "{msg} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        None => "{spinner} {msg} {bytes} {bytes_per_sec}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::hidden());
    bar.with_style(style.progress_chars("=> ")).with_message(escape::name(name))
}
