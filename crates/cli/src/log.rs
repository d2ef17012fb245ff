//! What `JETBLOB_LOG` asks for: what happens in the store, on stderr.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::{FilterExt, LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, fmt, registry};

use crate::exit::Failure;

const VARIABLE: &str = "JETBLOB_LOG";

/// Begins to log, if the variable says so. A program that brings the command along may log already: then that goes on.
pub(crate) fn begin(json: bool) -> Result<(), Failure> {
    let Some(wanted) = std::env::var_os(VARIABLE).filter(|wanted| !wanted.is_empty()) else {
        return Ok(());
    };
    let invalid = |reason: &str| {
        Failure::Usage(format!("${VARIABLE} must be like info, or warn,jetblob=debug: {reason}"))
    };
    let wanted = wanted.to_str().ok_or_else(|| invalid("it is not UTF-8"))?;
    let filter = EnvFilter::builder().parse(wanted).map_err(|error| invalid(&error.to_string()))?;
    let filter = filter.and(public());
    let log =
        fmt::layer().with_span_events(FmtSpan::CLOSE).with_writer(io::stderr).log_internal_errors(false);
    let _ = if json {
        registry().with(log.json().flatten_event(true).with_filter(filter)).try_init()
    } else {
        let colored = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        registry().with(log.with_ansi(colored).with_filter(filter)).try_init()
    };
    Ok(())
}

/// What may be told to anybody. At TRACE the libraries that make the connection tell all that goes through it, credentials
/// too.
fn public() -> Targets {
    Targets::new().with_default(LevelFilter::DEBUG).with_target("jetblob", LevelFilter::TRACE)
}
