//! What the interpreter keeps of a thread that is in it.
//!
//! It is made when a thread enters that has none, and thrown away when that leaves, which takes longer than what is done in
//! between. So a thread of the runtime that has been in the interpreter keeps its state until it ends.

use std::cell::Cell;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::ending::Entering;

thread_local! {
    static THREAD: Cell<Thread> = const { Cell::new(Thread::Another) };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Thread {
    Another,
    /// Of the runtime, which tells its end.
    OfRuntime,
    /// Of the runtime, and its state is kept.
    Kept,
}

/// A thread of the runtime starts.
pub(crate) fn start() {
    THREAD.set(Thread::OfRuntime);
}

/// Has a thread of the runtime keep its state. To be called with leave to enter.
pub(crate) fn keep() {
    if THREAD.get() != Thread::OfRuntime {
        return;
    }
    // SAFETY: the thread is in the interpreter. It enters once more than it leaves, until `end` makes up for that.
    #[allow(unsafe_code, reason = "there is no safe way to leave the interpreter without losing the state")]
    let kept = Python::try_attach(|_| unsafe { ffi::PyGILState_Ensure() });
    if kept.is_some() {
        THREAD.set(Thread::Kept);
    }
}

/// A thread of the runtime ends: its state is given back.
pub(crate) fn end() {
    if THREAD.replace(Thread::Another) != Thread::Kept {
        return;
    }
    // An interpreter that is about to end does that itself.
    let Some(_leave) = Entering::begin() else { return };
    // SAFETY: the thread is in the interpreter, for the second time, as `keep` left it once less than it entered.
    #[allow(unsafe_code, reason = "as above")]
    Python::try_attach(|_| unsafe { ffi::PyGILState_Release(ffi::PyGILState_STATE::PyGILState_LOCKED) });
}
