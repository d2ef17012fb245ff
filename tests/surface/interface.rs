//! `tests/vectors/surface.json`: every method and type of the interface, as the library has it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::SeekFrom;

use jetblob::context::Choice;
use jetblob::{
    Body, Bucket, BucketConfig, BucketStatus, ByteRange, Check, CheckLevel, CheckOptions, CheckReport,
    Condition, Consistency, During, Error, Finding, FindingKind, GcOptions, GcReport, GetOptions,
    InfoOptions, Link, ListOptions, Object, ObjectInfo, ObjectMeta, Orphan, Placement, PutOptions, Resolved,
    Storage, Store, StoreOptions, Subset, Upload, Watch, WatchEvent, WatchOptions, WriteOptions,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::{rows, source, sources, text, texts, vectors};

/// A value for what is compiled and never run.
fn any<T>() -> T {
    unreachable!("this is compiled, not run")
}

fn takes<T>(_: T) {}

/// Compiles each call, and keeps their names.
macro_rules! calls {
    ($($type:ident::$method:ident($($argument:expr),*);)*) => {
        #[allow(dead_code, reason = "it is enough that it compiles")]
        fn compiles() {
            $(takes($type::$method($($argument),*));)*
        }

        const CALLS: &[&str] = &[$(concat!(stringify!($type), "::", stringify!($method))),*];
    };
}

calls! {
    Store::open("");
    Store::open_with("", any());
    Store::open_context("", any());
    Store::open_default(any());
    Store::with_client(any());
    Store::with_engine(any());
    Store::jetstream(any());
    Store::create_bucket(any(), any());
    Store::update_bucket(any(), any());
    Store::create_or_update_bucket(any(), any());
    Store::bucket(any(), "");
    Store::delete_bucket(any(), "");
    Store::bucket_names(any());
    Store::buckets(any());
    Store::suspend(any());
    Store::resume(any());
    Store::close(any());
    Bucket::name(any());
    Bucket::status(any());
    Bucket::seal(any());
    Bucket::put(any(), "", "");
    Bucket::put_with(any(), "", "", any());
    Bucket::put_bytes(any(), "", "");
    Bucket::put_string(any(), "", "");
    Bucket::put_file(any(), "");
    Bucket::upload(any(), "");
    Bucket::upload_with(any(), "", any());
    Bucket::get(any(), "");
    Bucket::get_with(any(), "", any());
    Bucket::get_bytes(any(), "");
    Bucket::get_string(any(), "");
    Bucket::get_file(any(), "", "");
    Bucket::info(any(), "");
    Bucket::info_with(any(), "", any());
    Bucket::update_meta(any(), "", any());
    Bucket::update_meta_with(any(), "", any(), any());
    Bucket::rename(any(), "", "");
    Bucket::rename_with(any(), "", "", any());
    Bucket::delete(any(), "");
    Bucket::delete_with(any(), "", any());
    Bucket::purge(any(), "");
    Bucket::purge_with(any(), "", any());
    Bucket::add_link(any(), "", any());
    Bucket::add_link_with(any(), "", any(), any());
    Bucket::add_bucket_link(any(), "", any());
    Bucket::add_bucket_link_with(any(), "", any(), any());
    Bucket::list(any(), any());
    Bucket::watch(any());
    Bucket::watch_with(any(), any());
    Bucket::resolve(any(), any());
    Body::file("");
    Body::reader(tokio::io::empty());
    Body::stream(futures_util::stream::empty());
    Object::next(any());
    Object::read(any(), any());
    Object::seek(any(), SeekFrom::Start(0));
    Object::range(any());
    Object::is_verified(any());
    Object::into_bytes(any());
    Object::into_string(any());
    Object::into_file(any(), "");
    Object::into_file_with(any(), "", |_| {});
    Upload::write(any(), "");
    Upload::finish(any());
    Upload::abort(any());
    Watch::next(any());
    Choice::open(any());
    Error::code(any());
    Error::is_retryable(any());
    Error::bucket(any());
    Error::name(any());
    PutOptions::with_progress(any(), |_| {});
    PutOptions::if_absent(any());
    PutOptions::if_revision(any(), 0);
    PutOptions::expires_after(any(), any());
    GetOptions::with_range(any(), 0..1);
    GetOptions::with_deleted(any());
    GetOptions::with_consistency(any(), any());
    GetOptions::ignoring_digest(any());
    InfoOptions::with_deleted(any());
    InfoOptions::with_consistency(any(), any());
    WriteOptions::if_absent(any());
    WriteOptions::if_revision(any(), 0);
    ListOptions::with_prefix(any(), "");
    ListOptions::with_deleted(any());
    WatchOptions::with_prefix(any(), "");
    WatchOptions::with_history(any());
    WatchOptions::ignoring_deletes(any());
    WatchOptions::updates_only(any());
    WatchOptions::after(any(), 0);
    Bucket::check(any(), any());
    Bucket::gc(any(), any());
    Check::next(any());
    Check::report(any());
    Check::reporter(any());
    CheckOptions::with_level(any(), any());
    CheckOptions::with_subset(any(), any());
    CheckOptions::with_seed(any(), 0);
    CheckOptions::with_grace(any(), any());
    GcOptions::with_grace(any(), any());
    GcOptions::as_dry_run(any());
    FindingKind::code(any());
}

/// Of traits of other crates, so not to be found among the library's own functions.
const OF_TRAITS: [&str; 2] = ["Object::read", "Object::seek"];

/// Compiles an access to each field and each variant, and keeps their names.
macro_rules! types {
    (fields: $($type:ident { $($field:ident),* })*; variants: $($enum:ident { $($variant:ident),* })*;) => {
        #[allow(dead_code, reason = "it is enough that it compiles")]
        fn has() {
            $(let value: $type = any(); $(takes(&value.$field);)*)*
            $(let value: $enum = any(); $(takes(matches!(value, $enum::$variant { .. }));)*)*
        }

        const TYPES: &[(&str, &[&str])] = &[
            $((stringify!($type), &[$(stringify!($field)),*]),)*
            $((stringify!($enum), &[$(stringify!($variant)),*]),)*
        ];
    };
}

types! {
    fields:
    StoreOptions {
        credentials_file, credentials, user_and_password, token, nkey_seed, root_certificates, client_certificate,
        require_tls, tls_first, domain, api_prefix, inbox_prefix, name, idle_timeout
    }
    BucketConfig { name, description, ttl, max_bytes, storage, replicas, placement, compression, metadata, plain }
    BucketStatus {
        bucket, description, ttl, max_bytes, storage, replicas, placement, sealed, compressed, size, backing_store,
        metadata, plain, records
    }
    Placement { cluster, tags }
    ObjectMeta { name, description, headers, metadata, chunk_size, link }
    ObjectInfo {
        bucket, name, description, headers, metadata, link, nuid, size, chunks, chunk_size, full_chunks, digest, deleted,
        mtime, expires, revision
    }
    Link { bucket, name }
    Object { info }
    PutOptions { progress, condition, expires }
    GetOptions { show_deleted, consistency, range, ignore_digest }
    InfoOptions { show_deleted, consistency }
    WriteOptions { condition }
    ListOptions { prefix, show_deleted }
    WatchOptions { prefix, include_history, ignore_deletes, updates_only, after }
    During { operation, bucket, name }
    CheckOptions { level, subset, seed, grace }
    CheckReport {
        objects, bytes, links, deleted, expired, blobs, under_way, read_objects, read_bytes, undigested, findings
    }
    Finding { kind, name, nuid, size, found, age, reason }
    GcOptions { grace, dry_run }
    GcReport { blobs, young, removed, left }
    Orphan { nuid, bytes, age };
    variants:
    Storage { File, Memory }
    Condition { Always, IfAbsent, IfRevision }
    Consistency { ReadYourWrites, Leader }
    ByteRange { All, Bounded, From, Suffix }
    WatchEvent { Object, CaughtUp }
    Resolved { Committed, NotCommitted, Changed }
    CheckLevel { Settings, Structure, Data }
    Subset { Percent, Part, Bytes }
    FindingKind {
        Settings, InvalidRecord, DataMissing, Short, Long, DigestMismatch, Orphan, SharedBlob, DanglingLink, LinkLoop
    };
}

/// `CaughtUp` is `caught_up`; what is so already stays.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// The lines of each block that begins with `begin`, by what stands between that and its brace.
fn blocks<'s>(source: &'s str, begin: &str) -> Vec<(&'s str, Vec<&'s str>)> {
    let mut lines = source.lines();
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix(begin).and_then(|line| line.strip_suffix(" {")) else { continue };
        if is_name(name) {
            blocks.push((name, lines.by_ref().take_while(|line| *line != "}").collect()));
        }
    }
    blocks
}

/// What stands before the first character that is none of a name.
fn leading_name(text: &str) -> &str {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
}

/// The public methods of the operations, as their sources have them.
fn methods_in_source() -> BTreeSet<String> {
    let mut methods = BTreeSet::new();
    for file in ["crates/core/src", "crates/core/src/context"].map(sources).concat() {
        for (of, lines) in blocks(&source(file), "impl ") {
            let public = lines.iter().filter_map(|line| {
                line.strip_prefix("    pub fn ").or(line.strip_prefix("    pub async fn "))
            });
            methods.extend(public.map(|method| format!("{of}::{}", leading_name(method))));
        }
    }
    methods
}

/// What the library exports by its own name, as its front page has it.
fn exported() -> BTreeSet<String> {
    let front = source("crates/core/src/lib.rs");
    let uses = front.split("\npub use ").skip(1).filter_map(|text| text.split_once(';'));
    let words = uses.flat_map(|(text, _)| text.split(|letter: char| !letter.is_alphanumeric()));
    words.filter(|word| word.starts_with(char::is_uppercase)).map(str::to_owned).collect()
}

/// The public fields and the variants of what is exported, as the sources have them; those of errors are another table.
fn types_in_source() -> BTreeMap<String, BTreeSet<String>> {
    let exported = exported();
    let mut types = BTreeMap::new();
    for folder in ["crates/core/src", "crates/core/src/protocol", "crates/core/src/engine"] {
        for file in sources(folder) {
            let source = source(file);
            for (name, lines) in blocks(&source, "pub struct ") {
                let fields = lines.iter().filter_map(|line| line.strip_prefix("    pub "));
                let fields: BTreeSet<_> = fields.map(|field| leading_name(field).to_owned()).collect();
                types.insert(name.to_owned(), fields);
            }
            for (name, lines) in blocks(&source, "pub enum ") {
                let variants = lines.iter().filter_map(|line| line.strip_prefix("    "));
                let variants = variants.filter(|line| line.starts_with(char::is_uppercase));
                let variants = variants.map(|variant| snake_case(leading_name(variant))).collect();
                types.insert(name.to_owned(), variants);
            }
        }
    }
    types.retain(|name, parts| exported.contains(name) && name != "Error" && !parts.is_empty());
    types
}

fn as_set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_call_of_the_seeds_is_here() {
    let surface = vectors("surface.json");
    let mut seeds = BTreeSet::new();
    for row in rows(&surface, "seeds") {
        assert!(seeds.insert(text(&row["seed"])), "{row} is there twice");
        let rust = texts(&row["rust"]);
        assert!(!rust.is_empty() && rust.iter().all(|call| CALLS.contains(call)), "{row}");
    }
    let errors = vectors("errors.json");
    let codes: Vec<_> = rows(&errors, "errors").iter().map(|row| &row["code"]).collect();
    for row in rows(&surface, "seed_errors") {
        assert!(codes.contains(&&row["code"]) || (row["code"].is_null() && row["why"].is_string()), "{row}");
    }
}

#[test]
fn every_method_is_in_the_table_and_the_reverse() {
    let surface = vectors("surface.json");
    let mut listed = BTreeSet::new();
    for row in rows(&surface, "methods") {
        assert_eq!(text(&row["method"]), snake_case(text(&row["method"])));
        let own = format!("{}::{}", text(&row["on"]), text(&row["method"]));
        assert!(texts(&row["rust"]).contains(&own.as_str()), "{row}");
        for method in texts(&row["rust"]) {
            assert!(listed.insert(method.to_owned()), "{method} is there twice");
        }
    }
    for row in rows(&surface, "rust_only") {
        assert!(row["why"].is_string() && listed.insert(text(&row["rust"]).to_owned()), "{row}");
    }
    assert_eq!(listed, as_set(CALLS));
    let own: BTreeSet<_> =
        listed.into_iter().filter(|method| !OF_TRAITS.contains(&method.as_str())).collect();
    assert_eq!(own, methods_in_source());
}

#[test]
fn every_type_is_in_the_table_and_the_reverse() {
    let surface = vectors("surface.json");
    let listed: BTreeMap<_, _> = surface["types"]
        .as_object()
        .expect("types")
        .iter()
        .map(|(name, parts)| (name.clone(), as_set(&texts(parts))))
        .collect();
    let compiled: BTreeMap<_, _> = TYPES
        .iter()
        .map(|(name, parts)| ((*name).to_owned(), parts.iter().map(|part| snake_case(part)).collect()))
        .collect();
    assert_eq!(listed, compiled);
    assert_eq!(listed, types_in_source());
}

/// What may be given to a call is what its options have; a condition is given by one of two names.
#[test]
fn every_option_is_offered() {
    let surface = vectors("surface.json");
    let mut offered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows(&surface, "methods") {
        if let Value::String(of) = &row["options_of"] {
            offered.entry(of).or_default().extend(texts(&row["options"]));
        }
    }
    for (of, offered) in offered {
        let mut options: BTreeSet<_> = texts(&surface["types"][of]).into_iter().collect();
        if options.remove("condition") {
            options.extend(["if_absent", "if_revision"]);
        }
        assert_eq!(offered, options, "{of}");
    }
}
