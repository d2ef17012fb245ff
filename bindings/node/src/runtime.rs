//! The threads that do the work, and what is let go of on another one.

use std::ops::Deref;

use napi::bindgen_prelude::create_custom_tokio_runtime;
use napi_derive::module_init;
use tokio::runtime::{Builder, Handle};

/// One for the connection, one for what else there is.
const THREADS: usize = 2;

#[module_init]
fn begin() {
    let runtime =
        Builder::new_multi_thread().worker_threads(THREADS).thread_name("jetblob").enable_all().build();
    create_custom_tokio_runtime(runtime.expect("threads can be started"));
}

/// What is made inside the runtime, and has to clean up there, wherever the garbage collector lets go of it.
pub(crate) struct InRuntime<T> {
    /// There until this is dropped.
    value: Option<T>,
    runtime: Handle,
}

impl<T> InRuntime<T> {
    /// Keeps this value. Called inside the runtime.
    pub(crate) fn new(value: T) -> Self {
        Self { value: Some(value), runtime: Handle::current() }
    }

    /// Gives the value away, to somebody inside the runtime.
    pub(crate) fn into_inner(mut self) -> T {
        self.value.take().expect("the value is there until this is dropped")
    }
}

impl<T> Deref for InRuntime<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("the value is there until this is dropped")
    }
}

impl<T> Drop for InRuntime<T> {
    fn drop(&mut self) {
        let _entered = self.runtime.enter();
        drop(self.value.take());
    }
}
