//! What every client writes, every client reads: see `README.md`. Arguments are the clients to play
//! with, besides jetblob; `--all` tells how each pair ended.

mod client;
mod compat;
mod driver;
mod fault;
mod hand;
mod play;
mod raw;
mod scenarios;
mod table;

use std::process::ExitCode;

use client::{Client, JETBLOB};
use fault::Fault;
use play::{End, Pair, Role};
use tests::{Server, ServerKind};

fn print_faults(pairs: &[Pair<'_>], faults: &[Fault]) {
    println!("\nNamed faults:");
    for fault in faults {
        let shown = pairs.iter().filter(|pair| fault.explains(pair)).count();
        if shown > 0 {
            println!("  {} ({:?}): {} [{}]", fault.client, fault.role, fault.what, fault.source);
            println!("    {}", fault.scenarios.join("; "));
        }
    }
}

/// Failures of jetblob with another client that no fault of the other explains, and faults that have disappeared.
fn print_failures(pairs: &[Pair<'_>], faults: &[Fault]) -> usize {
    let mut failures = 0;
    for pair in pairs {
        let End::Failed(role, text) = &pair.end else { continue };
        let enforced = pair.writer == JETBLOB || pair.reader == JETBLOB;
        if enforced && !faults.iter().any(|fault| fault.explains(pair)) {
            failures += 1;
            let who = if *role == Role::Writer { pair.writer } else { pair.reader };
            println!("FAILED {} -> {}, {}: {who}: {text}", pair.writer, pair.reader, pair.scenario);
        }
    }
    for fault in faults {
        for pair in fault.disappeared(pairs) {
            failures += 1;
            let (writer, reader) = (pair.writer, pair.reader);
            println!("DISAPPEARED {writer} -> {reader}, {}: {}", pair.scenario, fault.what);
        }
    }
    failures
}

/// How everything ended that didn't pass: also between two others, which isn't jetblob's to mend.
fn print_all(pairs: &[Pair<'_>]) {
    for pair in pairs {
        let (writer, reader, scenario) = (pair.writer, pair.reader, pair.scenario);
        match &pair.end {
            End::Passed => {}
            End::Absent(what) => println!("absent {writer} -> {reader}, {scenario}: {what}"),
            End::Failed(role, text) => println!("failed {writer} -> {reader}, {scenario}: {role:?}: {text}"),
        }
    }
}

fn main() -> ExitCode {
    let (options, wanted): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with('-'));
    let is_wanted = |client: &Client| {
        wanted.is_empty() || client.name == JETBLOB || wanted.iter().any(|name| name == client.name)
    };
    let clients: Vec<Client> = client::clients().filter(is_wanted).collect();
    let server = Server::start(ServerKind::Newest);
    let scenarios = scenarios::scenarios();
    let faults = fault::faults();
    let pairs = play::play(&clients, &scenarios, server.url());

    table::print(&pairs, &faults);
    print_faults(&pairs, &faults);
    if options.iter().any(|option| option == "--all") {
        print_all(&pairs);
    }
    println!();
    let failed = print_failures(&pairs, &faults);
    let with_jetblob = |pair: &&Pair<'_>| pair.writer == JETBLOB || pair.reader == JETBLOB;
    let passed = pairs.iter().filter(with_jetblob).filter(|pair| matches!(pair.end, End::Passed)).count();
    let (answered, unanswered) = compat::play(server.url());
    let (passed, failed) = (passed + answered, failed + unanswered);
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
