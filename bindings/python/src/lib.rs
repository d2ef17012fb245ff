//! The native part of the Python package `jetblob`: what the classes of `python/jetblob` delegate to.
//!
//! Each operation is a method here that gives a [`Call`](call::Call); the asynchronous class awaits it, the blocking one
//! waits for it. Nothing here has a default or a rule of its own.

use pyo3::prelude::*;

mod bucket;
mod call;
mod check;
mod command;
mod config;
mod connection;
mod download;
mod ending;
mod error;
mod field;
mod gc;
mod info;
mod items;
mod meta;
mod options;
mod process;
mod progress;
mod status;
mod store;
mod thread_state;
mod upload;
mod whole;

#[pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::ending::run_at_exit(module)
    }

    #[pymodule_export]
    use crate::bucket::Bucket;
    #[pymodule_export]
    use crate::call::Call;
    #[pymodule_export]
    use crate::check::Check;
    #[pymodule_export]
    use crate::command::main;
    #[pymodule_export]
    use crate::download::Download;
    #[pymodule_export]
    use crate::items::Items;
    #[pymodule_export]
    use crate::store::{Store, open};
    #[pymodule_export]
    use crate::upload::Upload;

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "its name in Python")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
