//! Files of this machine: that can't be written, whose writer is killed, that change while they are read.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jetblob::{Body, Digest, PutOptions};
use tests::{Place, Proxy, bytes_of, jetblob, jetblob_within};

use crate::{bounded, holds, until};

const SIZE: u64 = 8 << 20;

/// The command on this store, which knows of no other.
fn on<'c>(command: &'c mut Command, store: &str, arguments: &[&str]) -> &'c mut Command {
    command.env_clear().env("HOME", "/nonexistent").env("JETBLOB_STORE", store).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped())
}

fn run(mut command: Command, store: &str, arguments: &[&str]) -> Output {
    on(&mut command, store, arguments).output().expect("the command")
}

/// It failed with this code, and said this.
#[track_caller]
fn failed(output: &Output, code: i32, words: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(words.iter().all(|words| told.contains(words)), "{words:?} is not in {told:?}");
    assert_eq!(told.lines().count(), usize::from(!words.is_empty()), "{told}");
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The names of the files in a directory, in order.
fn files_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// A target that holds this, or isn't there.
fn target(dir: &Path, old: Option<&str>) -> String {
    let target = dir.join("out");
    if let Some(old) = old {
        fs::write(&target, old).expect("a file");
    }
    target.to_str().expect("UTF-8").to_owned()
}

fn is_as_it_was(target: &str, old: Option<&str>) -> bool {
    fs::read(target).ok().as_deref() == old.map(str::as_bytes)
}

bounded! {
    /// There is no room for the file of a get: the error names the file, what it held stays, and nothing is left.
    async fn row61_no_room_for_the_file() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let whole = bytes_of("n", SIZE);
        bucket.put_bytes("n", whole.clone()).await.unwrap();
        let path = format!("{}/n", bucket.name());
        // It ends somewhere, or right before the end.
        for room in [1 << 20, SIZE - 512] {
            for old in [None, Some("old")] {
                let dir = tempfile::tempdir().unwrap();
                let target = target(dir.path(), old);
                let output = run(jetblob_within(room), &place.url, &["get", &path, &target]);
                failed(&output, 1, &[&target, "File too large"]);
                assert!(is_as_it_was(&target, old));
                assert_eq!(files_in(dir.path()), if old.is_some() { vec!["out"] } else { vec![] });
                succeeded(&run(jetblob_within(SIZE), &place.url, &["get", &path, &target]));
                assert!(fs::read(&target).unwrap() == whole);
            }
        }
    }

    /// Standard output, or a device, takes no more: the error names it. A reader that went away is no error to tell.
    async fn row61_no_room_in_what_is_no_file() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        bucket.put_bytes("n", bytes_of("n", SIZE)).await.unwrap();
        let path = format!("{}/n", bucket.name());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut cat = jetblob();
        failed(&on(&mut cat, &place.url, &["cat", &path]).stdout(writer).output().unwrap(), 141, &[]);
        if cfg!(target_os = "linux") {
            let full = || File::options().write(true).open("/dev/full").unwrap();
            for arguments in [["cat", &path].as_slice(), &["get", &path, "-"]] {
                let mut cat = jetblob();
                let output = on(&mut cat, &place.url, arguments).stdout(full()).output().unwrap();
                failed(&output, 1, &["standard output", "No space left"]);
            }
            let output = run(jetblob(), &place.url, &["get", &path, "/dev/full"]);
            failed(&output, 1, &["/dev/full", "No space left"]);
        }
    }

    /// Who gets an object into a file is killed: the file is as it was, and what is left beside it says what it is. The
    /// next get succeeds.
    async fn row62_killed_in_a_get() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        let whole = bytes_of("n", SIZE);
        bucket.put_bytes("n", whole.clone()).await.unwrap();
        let path = format!("{}/n", bucket.name());
        for old in [None, Some("old")] {
            let dir = tempfile::tempdir().unwrap();
            let target = target(dir.path(), old);
            let left = || files_in(dir.path()).into_iter().filter(|name| name != "out").collect::<Vec<_>>();
            for killed in 0..3 {
                // The second half never comes.
                let came = AtomicU64::new(0);
                let loses = move |size| came.fetch_add(size, Ordering::Relaxed) > SIZE / 2;
                let proxy = Proxy::start(&place.url, move |frame| loses(frame.size as u64)).await;
                let mut get = jetblob();
                let mut get = on(&mut get, proxy.url(), &["get", &path, &target]).spawn().unwrap();
                let written = || {
                    let sizes = left().into_iter().map(|name| fs::metadata(dir.path().join(name)).unwrap().len());
                    sizes.filter(|size| *size > 1 << 20).count()
                };
                until("some of it is written", || written() > killed).await;
                get.kill().unwrap();
                get.wait().unwrap();
                assert!(is_as_it_was(&target, old));
                let left = left();
                assert!(left.len() <= killed + 1 && left.iter().all(|name| name.starts_with(".jetblob-")), "{left:?}");
            }
            succeeded(&run(jetblob(), &place.url, &["get", &path, &target]));
            assert!(fs::read(&target).unwrap() == whole);
        }
    }
}

/// What becomes of a file, and what it holds then.
struct Change {
    what: &'static str,
    act: fn(&Path),
    after: Vec<u8>,
}

/// More than is read ahead.
const CHANGING: u64 = 16 << 20;

fn changes() -> Vec<Change> {
    let (before, other) = (bytes_of("before", CHANGING), bytes_of("after", CHANGING));
    let middle = usize::try_from(CHANGING / 2).expect("a size");
    vec![
        Change { what: "nothing", act: |_| {}, after: before.to_vec() },
        Change {
            what: "truncated",
            act: |file| File::options().write(true).open(file).unwrap().set_len(CHANGING / 2).unwrap(),
            after: before[..middle].to_vec(),
        },
        Change { what: "emptied", act: |file| drop(File::create(file).unwrap()), after: Vec::new() },
        Change {
            what: "grown",
            act: |file| {
                let mut file = File::options().append(true).open(file).unwrap();
                file.write_all(&bytes_of("more", 5_000_000)).unwrap();
            },
            after: [&before[..], &bytes_of("more", 5_000_000)].concat(),
        },
        Change {
            what: "overwritten",
            act: |file| {
                let mut file = File::options().write(true).open(file).unwrap();
                file.seek(SeekFrom::Start(1 << 20)).unwrap();
                file.write_all(&bytes_of("after", CHANGING)[1 << 20..]).unwrap();
            },
            after: [&before[..1 << 20], &other[1 << 20..]].concat(),
        },
        Change {
            what: "replaced",
            act: |file| {
                let new = file.with_extension("new");
                fs::write(&new, bytes_of("after", CHANGING)).unwrap();
                fs::rename(new, file).unwrap();
            },
            after: other.to_vec(),
        },
        Change { what: "removed", act: |file| fs::remove_file(file).unwrap(), after: Vec::new() },
    ]
}

/// Whether each stretch of these bytes is one that stood there before or after.
fn is_made_of(bytes: &[u8], before: &[u8], after: &[u8]) -> bool {
    const STRETCH: usize = 4096;
    let stands =
        |in_file: &[u8], at: usize, stretch: &[u8]| in_file.get(at..at + stretch.len()) == Some(stretch);
    bytes.chunks(STRETCH).enumerate().all(|(index, stretch)| {
        let at = index * STRETCH;
        stands(before, at, stretch) || stands(after, at, stretch)
    })
}

bounded! {
    /// A file changes while it is put: the object is what was read of it, with the size and digest of just that, or the
    /// put fails, and the old object stays.
    async fn row63_a_file_that_changes() {
        let before = bytes_of("before", CHANGING);
        for place in [Place::local().await, Place::jetstream().await] {
            let bucket = place.bucket().await;
            let dir = tempfile::tempdir().unwrap();
            for Change { what, act, after } in changes() {
                let file = dir.path().join("file");
                fs::write(&file, &before).unwrap();
                bucket.put_bytes("a", "old").await.unwrap();
                let (changed, path) = (AtomicBool::new(false), file.clone());
                let options = PutOptions::default().with_progress(move |bytes| {
                    if bytes > 1 << 20 && !changed.swap(true, Ordering::Relaxed) {
                        act(&path);
                    }
                });
                match bucket.put_with("a", Body::file(&file), options).await {
                    Ok(info) => {
                        let bytes = bucket.get_bytes("a").await.unwrap();
                        assert_eq!((info.size, info.digest), (bytes.len() as u64, Some(Digest::of(&bytes))), "{what}");
                        assert!(bytes.len() >= before.len().min(after.len()), "{what}: {} bytes", bytes.len());
                        assert!(is_made_of(&bytes, &before, &after), "{what}: bytes that the file never had");
                        assert!(what != "nothing" || bytes == before, "{what}: {} bytes", bytes.len());
                    }
                    Err(error) => {
                        assert_eq!(error.code(), "io", "{what}: {error}");
                        assert!(error.to_string().contains("file"), "{what}: {error}");
                        holds(&bucket, "a", b"old").await;
                    }
                }
            }
            place.holds_only(&bucket, &["a"]).await;
        }
    }
}
