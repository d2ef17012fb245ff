//! A disk where there is no room: a local store on it, and files that are got onto it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tests::{Place, bytes_of, jetblob, jetblob_within};

use crate::bounded;

/// A store with the bucket `b`, and files beside it.
struct Local(TempDir);

impl Local {
    fn new() -> Self {
        let local = Self(tempfile::tempdir().expect("a directory"));
        local.succeeds(&["bucket", "create", "b"]);
        local
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    /// Writes the bytes that belong to a name into a file of that name.
    fn file(&self, name: &str, size: u64) -> String {
        let file = self.0.path().join(name);
        fs::write(&file, bytes_of(name, size)).expect("a file");
        file.to_str().expect("UTF-8").to_owned()
    }

    /// What the command printed, or the code and the words of its error.
    fn run(&self, mut command: Command, arguments: &[&str]) -> Result<Vec<u8>, (String, String)> {
        command.env_clear().env("HOME", self.0.path()).env("JETBLOB_STORE", self.store()).arg("--json");
        let output = command.args(arguments).stdin(Stdio::null()).output().expect("the command");
        if output.status.success() { Ok(output.stdout) } else { Err(error(&output.stderr)) }
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) -> Vec<u8> {
        self.run(jetblob(), arguments).expect("success")
    }

    #[track_caller]
    fn holds(&self, name: &str, body: &str, size: u64) {
        assert!(self.succeeds(&["cat", &format!("b/{name}")]) == bytes_of(body, size), "{name}: other bytes");
    }

    /// Nothing is wrong with the bucket, and no upload is left in it.
    #[track_caller]
    fn is_sound(&self) {
        self.succeeds(&["check", "--read-data", "b"]);
        let left: Vec<_> = fs::read_dir(self.store().join("b.b/tmp")).expect("the uploads").collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The code and the words of an error, told in JSON.
fn error(stderr: &[u8]) -> (String, String) {
    let told: Value = serde_json::from_slice(stderr).expect("an error in JSON");
    let text = |field: &str| told["error"][field].as_str().expect("a text").to_owned();
    (text("code"), text("message"))
}

bounded! {
    /// There is no room for the bytes of an object: the error names the file, the old object stays, nothing is left.
    async fn row67_no_room_for_a_payload() {
        let local = Local::new();
        local.succeeds(&["put", &local.file("old", 300_000), "b/a"]);
        let new = local.file("new", 5 << 20);
        for room in [1 << 20, (5 << 20) - 512] {
            let (code, words) = local.run(jetblob_within(room), &["put", &new, "b/a"]).unwrap_err();
            assert_eq!(code, "io", "{words}");
            assert!(words.contains(local.store().to_str().unwrap()) && words.contains("File too large"), "{words}");
            local.holds("a", "old", 300_000);
            local.is_sound();
        }
        local.succeeds(&["put", &new, "b/a"]);
        local.holds("a", "new", 5 << 20);
        local.is_sound();
    }

    /// The database can't grow any more: what was acknowledged is there, and the store takes more when it can grow.
    async fn row67_no_room_for_the_database() {
        const SMALL: u64 = 50_000;
        let local = Local::new();
        let file = local.file("small", SMALL);
        local.succeeds(&["put", &file, "b/first"]);
        let database = fs::metadata(local.store().join("b.b/meta.db")).unwrap().len();
        let room = database + 4 * SMALL;
        let mut stored = vec!["first".to_owned()];
        let (name, code) = loop {
            let name = format!("{}", stored.len());
            match local.run(jetblob_within(room), &["put", &file, &format!("b/{name}")]) {
                Ok(_) => stored.push(name),
                Err((code, words)) => {
                    assert!(matches!(&*code, "io" | "quota_exceeded" | "unknown"), "{words}");
                    break (name, code);
                }
            }
            assert!(stored.len() < 100, "there is always room");
        };
        assert!(stored.len() > 1, "there is never room");
        for name in &stored {
            local.holds(name, "small", SMALL);
        }
        match local.run(jetblob(), &["info", &format!("b/{name}")]) {
            Ok(_) => assert_eq!(code, "unknown"),
            Err((code, words)) => assert_eq!(code, "not_found", "{words}"),
        }
        local.is_sound();
        local.succeeds(&["put", &file, &format!("b/{name}")]);
        for name in stored.iter().chain([&name]) {
            local.holds(name, "small", SMALL);
        }
        local.is_sound();
    }
}

/// A shell that sees a small disk in a directory, which nobody else sees.
struct SmallDisk {
    shell: Child,
    answers: BufReader<ChildStdout>,
    dir: TempDir,
}

impl SmallDisk {
    /// Such a disk; none where the system lets nobody make one.
    fn mount(size: &str) -> Option<Self> {
        [["-m", "sh"].as_slice(), &["-r", "-m", "sh"]].iter().find_map(|flags| {
            let mut shell = Command::new("unshare");
            shell.args(*flags).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut shell = shell.spawn().ok()?;
            let answers = BufReader::new(shell.stdout.take()?);
            let dir = tempfile::tempdir().expect("a directory");
            fs::create_dir(dir.path().join("disk")).expect("a directory");
            let mut disk = Self { shell, answers, dir };
            let mount = format!("mount -t tmpfs -o size={size} none '{}'", disk.path("disk").display());
            (disk.run(&mount)?.0 == 0).then_some(disk)
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a line. Answers with its exit code, and what it said on stderr; nothing if there is no shell.
    fn run(&mut self, line: &str) -> Option<(i32, Vec<u8>)> {
        let stderr = self.path("stderr");
        let line = format!("{{ {line}; }} 2>'{}'; echo $?", stderr.display());
        writeln!(self.shell.stdin.as_ref()?, "{line}").ok()?;
        let mut code = String::new();
        self.answers.read_line(&mut code).ok()?;
        Some((code.trim().parse().ok()?, fs::read(stderr).ok()?))
    }

    /// The command on a store on the disk, and the code and words of its error.
    fn jetblob(&mut self, arguments: &str) -> Result<(), (String, String)> {
        let store = self.path("disk/store");
        self.jetblob_on(store.to_str().expect("UTF-8"), arguments)
    }

    /// The same on any store.
    fn jetblob_on(&mut self, store: &str, arguments: &str) -> Result<(), (String, String)> {
        let (command, stdout) = (jetblob(), self.path("stdout"));
        let line = format!(
            "JETBLOB_STORE='{store}' HOME=/nonexistent '{}' --json {arguments} >'{}'",
            Path::new(command.get_program()).display(),
            stdout.display(),
        );
        match self.run(&line).expect("a shell") {
            (0, _) => Ok(()),
            (_, stderr) => Err(error(&stderr)),
        }
    }

    #[track_caller]
    fn holds(&mut self, name: &str, body: &str, size: u64) {
        self.jetblob(&format!("cat b/{name}")).expect("success");
        assert!(fs::read(self.path("stdout")).unwrap() == bytes_of(body, size), "{name}: other bytes");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// A small disk. Where nobody can make one that is said, and it is a failure where everything must run.
fn small_disk(size: &str) -> Option<SmallDisk> {
    let disk = SmallDisk::mount(size);
    if disk.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no disk can be mounted here");
        println!("skipped: no disk can be mounted here");
    }
    disk
}

bounded! {
    /// A real disk has no room for the file of a get: the error says so, what it held stays, and nothing is left.
    async fn row61_a_full_disk() {
        let Some(mut disk) = small_disk("4m") else { return };
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        bucket.put_bytes("n", bytes_of("n", 8 << 20)).await.unwrap();
        let target = disk.path("disk/out");
        assert_eq!(disk.run(&format!("echo old >'{}'", target.display())).unwrap().0, 0);
        let get = format!("get {}/n '{}'", bucket.name(), target.display());
        let (code, words) = disk.jetblob_on(&place.url, &get).unwrap_err();
        assert_eq!(code, "quota_exceeded", "{words}");
        assert!(words.contains("no room") && words.contains(target.to_str().unwrap()), "{words}");
        let is_alone = format!("cd '{}' && test \"$(ls -A)\" = out && test \"$(cat out)\" = old", disk.path("disk").display());
        assert_eq!(disk.run(&is_alone).unwrap().0, 0);
    }

    /// A real disk is full: the error says so, what is there can be read and removed, and then there is room again.
    async fn row67_a_full_disk() {
        let Some(mut disk) = small_disk("16m") else { return };
        for (name, size) in [("old", 300_000), ("small", 50_000), ("huge", 20 << 20)] {
            fs::write(disk.path(name), bytes_of(name, size)).unwrap();
        }
        let put = |name: &str, dir: &SmallDisk, to: &str| format!("put '{}' b/{to}", dir.path(name).display());
        disk.jetblob("bucket create b").unwrap();
        for to in ["a", "b"] {
            disk.jetblob(&put("old", &disk, to)).unwrap();
        }
        let is_refused = |disk: &mut SmallDisk, name: &str, to: &str| {
            let (code, words) = disk.jetblob(&put(name, disk, to)).unwrap_err();
            assert_eq!(code, "quota_exceeded", "{words}");
            assert!(words.contains("no room") && words.contains("/disk/store/"), "{words}");
        };
        is_refused(&mut disk, "huge", "a");
        disk.holds("a", "old", 300_000);

        // Others take all that is left.
        let fill = disk.path("disk/fill");
        assert_ne!(disk.run(&format!("cat /dev/zero >'{}'", fill.display())).unwrap().0, 0);
        for name in ["small", "old", "huge"] {
            is_refused(&mut disk, name, "a");
            is_refused(&mut disk, name, "new");
            disk.holds("a", "old", 300_000);
            assert_eq!(disk.jetblob("info b/new").unwrap_err().0, "not_found");
        }
        disk.jetblob("rm b/b").unwrap();
        disk.run(&format!("rm '{}'", fill.display())).unwrap();
        for (name, size) in [("small", 50_000), ("old", 300_000)] {
            disk.jetblob(&put(name, &disk, "new")).unwrap();
            disk.holds("new", name, size);
        }
        disk.holds("a", "old", 300_000);
        disk.jetblob("check --read-data b").unwrap();
    }
}
