//! The runtime of this process, and what belongs to it.

use std::mem;
use std::sync::OnceLock;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::thread_state;

/// One for the connection, one for what else there is.
const THREADS: usize = 2;

/// A process that uses jetblob, and the one that was forked from it, if it does too.
struct Process {
    id: u32,
    runtime: Runtime,
    forked: OnceLock<Box<Process>>,
}

static FIRST: OnceLock<Process> = OnceLock::new();

impl Process {
    fn begin() -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("jetblob")
            .on_thread_start(thread_state::start)
            .on_thread_stop(thread_state::end)
            .enable_all()
            .build()
            .expect("threads can be started");
        Self { id: std::process::id(), runtime, forked: OnceLock::new() }
    }
}

/// The runtime of this process. The threads of one don't survive a fork, so a forked process has its own.
pub(crate) fn runtime() -> &'static Runtime {
    let mut process = FIRST.get_or_init(Process::begin);
    while process.id != std::process::id() {
        process = process.forked.get_or_init(|| Box::new(Process::begin()));
    }
    &process.runtime
}

/// What only the process that made it can use, and let go of.
pub(crate) struct OfProcess<T> {
    id: u32,
    value: Option<T>,
}

impl<T> OfProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { id: std::process::id(), value: Some(value) }
    }

    pub(crate) fn get(&self) -> PyResult<&T> {
        self.value.as_ref().filter(|_| self.is_ours()).ok_or_else(forked)
    }

    pub(crate) fn into_inner(mut self) -> PyResult<T> {
        if self.is_ours() { self.value.take().ok_or_else(forked) } else { Err(forked()) }
    }

    fn is_ours(&self) -> bool {
        self.id == std::process::id()
    }
}

impl<T> Drop for OfProcess<T> {
    fn drop(&mut self) {
        let Some(value) = self.value.take() else { return };
        if self.is_ours() {
            let _entered = runtime().enter();
            drop(value);
        } else {
            mem::forget(value);
        }
    }
}

fn forked() -> PyErr {
    PyRuntimeError::new_err(
        "this was opened before the process was forked; open the store again in the forked process, or start processes \
         with the method \"spawn\" or \"forkserver\"",
    )
}
