//! What the interpreter keeps of a thread that is in it.
//!
//! It is made when a thread enters that has none, and thrown away when that leaves, which takes longer than what is done in
//! between. So a thread of the runtime that has been in the interpreter keeps its state until it ends.

use std::cell::Cell;

use pyo3::ffi;

use crate::ending::Entering;

thread_local! {
    static KEPT: Cell<Option<Kept>> = const { Cell::new(None) };
}

struct Kept {
    entered: ffi::PyGILState_STATE,
    state: *mut ffi::PyThreadState,
}

/// Has a thread that has no state keep the one that it gets. To be called with leave to enter.
#[allow(unsafe_code, reason = "there is no safe way to leave the interpreter without losing the state")]
pub(crate) fn keep() {
    // SAFETY: the interpreter lives. A thread without a state isn't in it, and leaves it here as it entered.
    let kept = unsafe {
        if !ffi::PyGILState_GetThisThreadState().is_null() {
            return;
        }
        let entered = ffi::PyGILState_Ensure();
        Kept { entered, state: ffi::PyEval_SaveThread() }
    };
    KEPT.set(Some(kept));
}

/// Gives back what was kept. To be called when the thread ends.
#[allow(unsafe_code, reason = "as above")]
pub(crate) fn give_back() {
    let Some(kept) = KEPT.take() else { return };
    // An interpreter that is about to end does that itself.
    let Some(_leave) = Entering::begin() else { return };
    // SAFETY: the interpreter lives, the state is this thread's, and the thread is not in the interpreter.
    unsafe {
        ffi::PyEval_RestoreThread(kept.state);
        ffi::PyGILState_Release(kept.entered);
    }
}
