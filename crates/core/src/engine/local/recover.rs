//! What the opening of a bucket does about crashes, in a time that depends on what was under way alone.
//!
//! Other processes may have the bucket open, and may be recovering it too: every step is safe to be done twice.

use std::io;
use std::path::PathBuf;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::database::BucketRow;
use super::failure::Failure;
use super::layout::{BucketDir, Id, at, remove_file};
use super::session::Session;
use super::trash::{self, Trash};
use crate::Result;
use crate::protocol::BucketName;

/// What dead sessions left.
#[derive(Debug, Default)]
struct Dead {
    uploads: Vec<(PathBuf, Id)>,
    /// Their own files.
    sessions: Vec<PathBuf>,
}

/// Finishes what dead sessions left: uploads, trash and their locks.
pub(super) fn recover(connection: &Connection, dir: &BucketDir, bucket: &BucketName) -> Result<(), Failure> {
    let mut dead = Dead::find(dir)?;
    if !dead.is_empty() {
        dead = bury(connection, dir, bucket)?;
    }
    for (upload, file) in dead.uploads {
        match dir.settle(&upload, file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %upload.display(), %error, "could not move a file");
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
    for session in dead.sessions {
        if let Err(error) = remove_file(&session) {
            tracing::warn!(path = %session.display(), %error, "could not remove a lock");
        }
    }
    Ok(())
}

/// Puts the uploads of dead sessions that no blob names into the trash. Answers with what is left: committed uploads,
/// to be moved, and the sessions.
///
/// A process that is killed after its commit is synced, but before it told the others, leaves a transaction in the
/// log that nobody sees while any of them lives, and that is valid for the first who opens the database after all
/// ended. So what is not committed may become so, until somebody writes to the log in its place: nothing is removed
/// before that is durable. Uploads or none, something is always written.
fn bury(connection: &Connection, dir: &BucketDir, bucket: &BucketName) -> Result<Dead, Failure> {
    let tx = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // While the row is there, and nobody else writes, the path leads to this bucket and no newer one.
    BucketRow::read(&tx, bucket)?;
    let mut dead = Dead::find(dir)?;
    let mut committed = Vec::new();
    {
        let mut find = tx.prepare_cached("SELECT 1 FROM blob WHERE file = ?1")?;
        let mut delete = tx.prepare_cached("DELETE FROM trash WHERE file = ?1")?;
        let mut insert = tx.prepare_cached("INSERT INTO trash VALUES(?1)")?;
        for (upload, file) in dead.uploads {
            if find.exists([file.0])? {
                committed.push((upload, file));
            } else {
                delete.execute([file.0])?;
                insert.execute([file.0])?;
            }
        }
        let written = Id::fresh();
        insert.execute([written.0])?;
        delete.execute([written.0])?;
    }
    tx.commit()?;
    dead.uploads = committed;
    Ok(dead)
}

impl Dead {
    fn find(dir: &BucketDir) -> Result<Self> {
        let uploads = dir.uploads().map_err(at(&dir.tmp()))?.into_iter();
        let uploads = uploads.filter(|(upload, session, _)| !Session::is_alive(dir, *session, upload));
        Ok(Self {
            uploads: uploads.map(|(upload, _, file)| (upload, file)).collect(),
            sessions: Session::dead(dir)?,
        })
    }

    fn is_empty(&self) -> bool {
        self.uploads.is_empty() && self.sessions.is_empty()
    }
}
