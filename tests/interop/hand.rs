//! A client at work on the bucket of a scenario.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::driver::{Driver, Stop};
use crate::raw::Raw;

pub(crate) type Played = Result<(), Stop>;

/// What a scenario writes and reads with.
pub(crate) struct Hand<'h> {
    pub(crate) driver: &'h mut Driver,
    /// jetblob, beside a writer.
    pub(crate) ours: Option<&'h mut Driver>,
    pub(crate) raw: &'h Raw,
    pub(crate) bucket: String,
    pub(crate) dir: &'h Path,
}

pub(crate) fn failed(what: impl Into<String>) -> Stop {
    Stop::Failed(what.into())
}

fn merged(mut request: Value, more: &Value) -> Value {
    let fields = request.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    request
}

impl Hand<'_> {
    /// jetblob, on the same bucket.
    pub(crate) fn ours(&mut self) -> Hand<'_> {
        let driver = self.ours.as_deref_mut().expect("a writer");
        Hand { driver, ours: None, raw: self.raw, bucket: self.bucket.clone(), dir: self.dir }
    }

    /// The same client, on another bucket.
    pub(crate) fn on(&mut self, bucket: &str) -> Hand<'_> {
        Hand { driver: self.driver, ours: None, raw: self.raw, bucket: bucket.to_owned(), dir: self.dir }
    }

    /// The name of another bucket, which only this scenario has.
    pub(crate) fn other(&self) -> String {
        format!("{}-other", self.bucket)
    }

    fn file(&self, what: &str) -> PathBuf {
        self.dir.join(format!("{}.{what}", self.bucket))
    }

    fn call(&mut self, op: &str, arguments: &Value) -> Result<Value, Stop> {
        self.driver.ask(&merged(json!({ "op": op, "bucket": self.bucket }), arguments))
    }

    pub(crate) fn create(&mut self, config: &Value) -> Played {
        self.call("create", config).map(drop)
    }

    pub(crate) fn put(&mut self, name: &str, bytes: &[u8]) -> Played {
        self.put_with(name, bytes, &json!({}))
    }

    /// Puts an object with what else a put can say.
    pub(crate) fn put_with(&mut self, name: &str, bytes: &[u8], more: &Value) -> Played {
        let file = self.file("in");
        std::fs::write(&file, bytes).expect("a file to put");
        self.call("put", &merged(json!({ "name": name, "file": file }), more)).map(drop)
    }

    pub(crate) fn update(&mut self, name: &str, meta: &Value) -> Played {
        self.call("update", &merged(json!({ "name": name }), meta)).map(drop)
    }

    pub(crate) fn rename(&mut self, name: &str, new_name: &str) -> Played {
        self.call("rename", &json!({ "name": name, "new_name": new_name })).map(drop)
    }

    pub(crate) fn delete(&mut self, name: &str) -> Played {
        self.call("delete", &json!({ "name": name })).map(drop)
    }

    pub(crate) fn link(&mut self, name: &str, target_bucket: &str, target: &str) -> Played {
        let arguments = json!({ "name": name, "target_bucket": target_bucket, "target": target });
        self.call("link", &arguments).map(drop)
    }

    pub(crate) fn bucket_link(&mut self, name: &str, target_bucket: &str) -> Played {
        self.call("bucket_link", &json!({ "name": name, "target_bucket": target_bucket })).map(drop)
    }

    pub(crate) fn seal(&mut self) -> Played {
        self.call("seal", &json!({})).map(drop)
    }

    /// Whether a get gives exactly these bytes.
    pub(crate) fn gets(&mut self, name: &str, bytes: &[u8]) -> Played {
        let file = self.file("out");
        let _ = std::fs::remove_file(&file);
        self.call("get", &json!({ "name": name, "file": file }))?;
        let got =
            std::fs::read(&file).map_err(|error| failed(format!("get {name:?} wrote no file: {error}")))?;
        if got == bytes {
            return Ok(());
        }
        Err(failed(format!(
            "get {name:?}: {} bytes that aren't the {} that were put",
            got.len(),
            bytes.len()
        )))
    }

    /// Whether a get is refused.
    pub(crate) fn gets_nothing(&mut self, name: &str) -> Played {
        let file = self.file("out");
        self.refuses("get", &json!({ "name": name, "file": file }))
    }

    /// Whether an operation is refused, in time.
    pub(crate) fn refuses(&mut self, op: &str, arguments: &Value) -> Played {
        match self.call(op, arguments) {
            Ok(value) => Err(failed(format!("{op} {arguments} succeeds: {value}"))),
            Err(Stop::Failed(text)) if text.contains("no answer in") => Err(Stop::Failed(text)),
            Err(Stop::Failed(_)) => Ok(()),
            Err(absent) => Err(absent),
        }
    }

    /// Whether a put is refused.
    pub(crate) fn puts_nothing(&mut self, name: &str) -> Played {
        let file = self.file("in");
        std::fs::write(&file, "too late").expect("a file to put");
        self.refuses("put", &json!({ "name": name, "file": file }))
    }

    /// Whether the info of an object says this.
    pub(crate) fn tells(&mut self, name: &str, wanted: &Value) -> Played {
        let info = self.call("info", &json!({ "name": name }))?;
        says(&format!("info of {name:?}"), &info, wanted)
    }

    /// Whether the status of the bucket says this.
    pub(crate) fn has_status(&mut self, wanted: &Value) -> Played {
        let status = self.call("status", &json!({}))?;
        says("status", &status, wanted)
    }

    /// Whether these objects are listed, each once, and no others.
    pub(crate) fn lists(&mut self, names: &[&str]) -> Played {
        let listed = self.call("list", &json!({}))?;
        let listed = listed.as_array().ok_or_else(|| failed(format!("list: {listed}")))?;
        let mut found: Vec<&str> = listed.iter().filter_map(|info| info["name"].as_str()).collect();
        let mut wanted = names.to_vec();
        found.sort_unstable();
        wanted.sort_unstable();
        if found == wanted { Ok(()) } else { Err(failed(format!("list: {found:?}, not {wanted:?}"))) }
    }

    /// Whether a watch tells of these as live and of those as deleted, and of the end of what was there.
    pub(crate) fn watches(&mut self, live: &[&str], deleted: &[&str]) -> Played {
        let seen = self.call("watch", &json!({}))?;
        let seen = seen.as_array().ok_or_else(|| failed(format!("watch: {seen}")))?;
        let names = |is_deleted: bool| {
            let of_kind = seen.iter().filter(move |info| info["deleted"] == is_deleted);
            let mut names: Vec<&str> = of_kind.filter_map(|info| info["name"].as_str()).collect();
            names.sort_unstable();
            names
        };
        if names(false) == live && names(true) == deleted {
            return Ok(());
        }
        Err(failed(format!("watch: {:?} live and {:?} deleted", names(false), names(true))))
    }

    /// Whether nothing of that name can be read, and nothing is listed but these.
    pub(crate) fn misses(&mut self, name: &str, others: &[&str]) -> Played {
        self.gets_nothing(name)?;
        self.lists(others)
    }
}

/// Whether an answer has these fields. What it leaves out, the client doesn't tell.
fn says(what: &str, answer: &Value, wanted: &Value) -> Played {
    for (field, wanted) in wanted.as_object().expect("an object") {
        let Some(found) = answer.get(field) else {
            return Err(Stop::Absent(format!("{field} in the {what}")));
        };
        let equal = match wanted {
            // A server adds its own.
            Value::Object(_) if field == "metadata" => own(found) == own(wanted),
            _ => found == wanted,
        };
        if !equal {
            return Err(failed(format!("{what}: {field} is {found}, not {wanted}")));
        }
    }
    Ok(())
}

fn own(metadata: &Value) -> Vec<(&String, &Value)> {
    let entries = metadata.as_object().into_iter().flatten();
    entries.filter(|(name, _)| !name.starts_with("_nats.")).collect()
}
