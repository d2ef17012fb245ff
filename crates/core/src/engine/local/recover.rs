//! What the opening of a bucket does about crashes, in a time that depends on what was under way alone.
//!
//! Other processes may have the bucket open, and may be recovering it too: every step is safe to be done twice.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::failure::Failure;
use super::layout::{BucketDir, at, remove_file};
use super::session::Session;
use super::trash::{self, Trash};

/// Finishes what dead sessions left: uploads, trash and their locks.
pub(super) fn recover(connection: &Connection, dir: &BucketDir) -> Result<(), Failure> {
    for (upload, session, file) in dir.uploads().map_err(at(&dir.tmp()))? {
        if Session::is_alive(dir, session) {
            continue;
        }
        // The row is asked for after the session was seen dead: nobody can commit the file any more.
        let mut query = connection.prepare_cached("SELECT 1 FROM blob WHERE file = ?1")?;
        let committed = query.query_row(params![file.0], |_| Ok(())).optional()?.is_some();
        let done = if committed { dir.settle(&upload, file) } else { remove_file(&upload) };
        match done {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(at(&upload)(error).into());
            }
            _ => {}
        }
    }
    let mut trash = Trash::new(dir);
    trash.load(connection)?;
    trash.unlink();
    let removed = trash.sync();
    if !removed.is_empty() {
        let forget = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        trash::forget(&forget, &removed)?;
        forget.commit()?;
    }
    Session::clear_dead(dir)?;
    Ok(())
}
