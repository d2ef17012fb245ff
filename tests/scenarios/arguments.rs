//! Arguments and options, as the library takes them.

use std::collections::BTreeMap;
use std::io::SeekFrom;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jetblob::{
    BucketConfig, ByteRange, CheckLevel, CheckOptions, Condition, Consistency, GcOptions, GetOptions,
    InfoOptions, Link, ListOptions, ObjectMeta, Placement, PutOptions, Storage, StoreOptions, Subset,
    WatchOptions, WriteOptions,
};
use serde_json::Value;

use crate::keys::{Keys, list, number, text};
use crate::value::one_of;

pub(crate) fn meta(step: &mut Keys) -> ObjectMeta {
    match step.need("meta") {
        Value::String(name) => name.into(),
        fields => Keys::all("the meta", fields, |keys| ObjectMeta {
            name: keys.text("name").unwrap_or_default(),
            description: keys.text("description").unwrap_or_default(),
            headers: keys.take("headers").map(|headers| map(&headers, texts)).unwrap_or_default(),
            metadata: keys.take("metadata").map(|metadata| map(&metadata, text)).unwrap_or_default(),
            chunk_size: keys.number("chunk_size").map(size),
            link: keys.take("link").map(|link| {
                Keys::all("the link", link, |keys| Link {
                    bucket: keys.need_text("bucket"),
                    name: keys.text("name"),
                })
            }),
        }),
    }
}

pub(crate) fn config(step: &mut Keys) -> BucketConfig {
    match step.need("config") {
        Value::String(name) => BucketConfig::new(name),
        fields => Keys::all("the config", fields, |keys| BucketConfig {
            description: keys.text("description").unwrap_or_default(),
            ttl: keys.number("ttl").map(Duration::from_secs),
            max_bytes: keys.number("max_bytes"),
            storage: keys.take("storage").map_or(Storage::File, |storage| {
                one_of(&storage, &[("file", Storage::File), ("memory", Storage::Memory)])
            }),
            replicas: keys.number("replicas").map_or(1, size),
            placement: keys.take("placement").map(|placement| {
                Keys::all("the placement", placement, |keys| Placement {
                    cluster: keys.text("cluster").unwrap_or_default(),
                    tags: keys.take("tags").map(|tags| texts(&tags)).unwrap_or_default(),
                })
            }),
            compression: keys.is_set("compression"),
            metadata: keys.take("metadata").map(|metadata| map(&metadata, text)).unwrap_or_default(),
            plain: keys.is_set("plain"),
            ..BucketConfig::new(keys.need_text("name"))
        }),
    }
}

/// What `read` makes of the options of a step.
fn options<T>(step: &mut Keys, read: impl FnOnce(&mut Keys) -> T) -> T {
    let none = Value::Object(serde_json::Map::new());
    Keys::all("the options", step.take("options").unwrap_or(none), read)
}

pub(crate) fn store_options(step: &mut Keys) -> StoreOptions {
    options(step, |keys| {
        let mut options = StoreOptions::default();
        options.name = keys.text("name");
        options.inbox_prefix = keys.text("inbox_prefix");
        options.idle_timeout = keys.number("idle_timeout").map_or(options.idle_timeout, Duration::from_secs);
        options
    })
}

pub(crate) fn put_options(step: &mut Keys) -> (PutOptions, Progress) {
    options(step, |keys| {
        let mut options = PutOptions::default();
        options.condition = condition(keys);
        options.expires = keys.number("expires").map(Duration::from_secs);
        let progress = Progress::expected(keys);
        if progress.last.is_some() {
            options = options.with_progress(progress.tell());
        }
        (options, progress)
    })
}

pub(crate) fn file_options(step: &mut Keys) -> Progress {
    options(step, Progress::expected)
}

pub(crate) fn get_options(step: &mut Keys) -> GetOptions {
    options(step, |keys| {
        let mut options = GetOptions::default();
        options.show_deleted = keys.is_set("show_deleted");
        options.consistency = consistency(keys);
        options.range = keys.take("range").map(|range| byte_range(&range)).unwrap_or_default();
        options.ignore_digest = keys.is_set("ignore_digest");
        options
    })
}

pub(crate) fn info_options(step: &mut Keys) -> InfoOptions {
    options(step, |keys| {
        let mut options = InfoOptions::default();
        options.show_deleted = keys.is_set("show_deleted");
        options.consistency = consistency(keys);
        options
    })
}

pub(crate) fn write_options(step: &mut Keys) -> WriteOptions {
    options(step, |keys| {
        let mut options = WriteOptions::default();
        options.condition = condition(keys);
        options
    })
}

pub(crate) fn list_options(step: &mut Keys) -> ListOptions {
    options(step, |keys| {
        let mut options = ListOptions::default();
        options.prefix = keys.text("prefix").unwrap_or_default();
        options.show_deleted = keys.is_set("show_deleted");
        options
    })
}

pub(crate) fn watch_options(step: &mut Keys) -> WatchOptions {
    options(step, |keys| {
        let mut options = WatchOptions::default();
        options.prefix = keys.text("prefix").unwrap_or_default();
        options.include_history = keys.is_set("include_history");
        options.ignore_deletes = keys.is_set("ignore_deletes");
        options.updates_only = keys.is_set("updates_only");
        options.after = keys.number("after");
        options
    })
}

pub(crate) fn check_options(step: &mut Keys) -> CheckOptions {
    let levels = [
        ("settings", CheckLevel::Settings),
        ("structure", CheckLevel::Structure),
        ("data", CheckLevel::Data),
    ];
    options(step, |keys| {
        let mut options = CheckOptions::default();
        if let Some(chosen) = keys.take("subset") {
            options = options.with_subset(subset(chosen));
        }
        options.level = keys.take("level").map_or(options.level, |level| one_of(&level, &levels));
        options.seed = keys.number("seed").unwrap_or(options.seed);
        options.grace = keys.number("grace").map_or(options.grace, Duration::from_secs);
        options
    })
}

pub(crate) fn gc_options(step: &mut Keys) -> GcOptions {
    options(step, |keys| {
        let mut options = GcOptions::default();
        options.grace = keys.number("grace").map_or(options.grace, Duration::from_secs);
        options.dry_run = keys.is_set("dry_run");
        options
    })
}

pub(crate) fn seek(step: &mut Keys) -> SeekFrom {
    let offset = step.need("offset").as_i64().expect("an offset");
    match step.need_text("from").as_str() {
        "start" => SeekFrom::Start(offset.try_into().expect("an offset from the start")),
        "current" => SeekFrom::Current(offset),
        "end" => SeekFrom::End(offset),
        other => panic!("{other:?} is nothing to seek from"),
    }
}

fn condition(keys: &mut Keys) -> Condition {
    match (keys.is_set("if_absent"), keys.number("if_revision")) {
        (false, None) => Condition::Always,
        (true, None) => Condition::IfAbsent,
        (false, Some(revision)) => Condition::IfRevision(revision),
        (true, Some(_)) => panic!("two conditions"),
    }
}

fn consistency(keys: &mut Keys) -> Consistency {
    let choices = [("leader", Consistency::Leader), ("read_your_writes", Consistency::ReadYourWrites)];
    keys.take("consistency").map(|chosen| one_of(&chosen, &choices)).unwrap_or_default()
}

fn byte_range(value: &Value) -> ByteRange {
    if value == "all" {
        return ByteRange::All;
    }
    Keys::all("the range", value.clone(), |keys| {
        if let Some(bounds) = keys.take("bounded") {
            let [start, end] = list(&bounds) else { panic!("{bounds} are no two bounds") };
            return ByteRange::Bounded(number(start)..number(end));
        }
        match keys.number("from") {
            Some(offset) => ByteRange::From(offset),
            None => ByteRange::Suffix(number(&keys.need("suffix"))),
        }
    })
}

fn subset(value: Value) -> Subset {
    Keys::all("the subset", value, |keys| {
        if let Some(percent) = keys.take("percent") {
            return Subset::Percent(percent.as_f64().expect("a number"));
        }
        if let Some(bytes) = keys.number("bytes") {
            return Subset::Bytes(bytes);
        }
        let part = keys.need("part");
        let [part, of] = list(&part) else { panic!("{part} is no part of so many") };
        Subset::Part { part: number(part), of: number(of) }
    })
}

fn map<T>(value: &Value, read: impl Fn(&Value) -> T) -> BTreeMap<String, T> {
    let entries = value.as_object().unwrap_or_else(|| panic!("{value} is no object"));
    entries.iter().map(|(key, value)| (key.clone(), read(value))).collect()
}

fn texts(value: &Value) -> Vec<String> {
    list(value).iter().map(text).collect()
}

pub(crate) fn size(number: u64) -> usize {
    number.try_into().expect("a size that fits into memory")
}

/// What a transfer tells of its progress, and what it should tell last.
#[derive(Debug)]
pub(crate) struct Progress {
    last: Option<u64>,
    told: Arc<Mutex<Vec<u64>>>,
}

impl Progress {
    fn expected(keys: &mut Keys) -> Self {
        Self { last: keys.number("progress"), told: Arc::default() }
    }

    pub(crate) fn tell(&self) -> impl Fn(u64) + Send + Sync + 'static {
        let told = self.told.clone();
        move |bytes| told.lock().expect("no panic").push(bytes)
    }

    pub(crate) fn check(&self) {
        let Some(last) = self.last else { return };
        let told = self.told.lock().expect("no panic");
        assert!(told.is_sorted_by(|one, next| one < next), "the progress doesn't rise: {told:?}");
        assert_eq!(told.last(), Some(&last), "the last that the progress told");
    }
}
