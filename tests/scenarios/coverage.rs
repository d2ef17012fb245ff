//! That the files say all that is to be said: every method, option and field, and nothing that can't fail.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tests::root;

use crate::FILES;
use crate::keys::{list, text};
use crate::run::{Scenario, scenarios};

/// What lets go of something is the language's own way, and no method.
const LET_GO: [&str; 2] = ["Object.close", "Watch.close"];

/// What depends on the environment of the process.
const OF_THE_ENVIRONMENT: [&str; 2] = ["Store.open_context", "Store.open_default"];

/// Options of `open` that show something only on a server that asks for them.
const OF_OTHER_SERVERS: [&str; 11] = [
    "credentials_file",
    "credentials",
    "user_and_password",
    "token",
    "nkey_seed",
    "root_certificates",
    "client_certificate",
    "require_tls",
    "tls_first",
    "domain",
    "api_prefix",
];

fn surface() -> Value {
    let path = root().join("tests/vectors/surface.json");
    serde_json::from_slice(&std::fs::read(path).expect("the interface")).expect("JSON")
}

fn all() -> impl Iterator<Item = Scenario> {
    FILES.iter().flat_map(|file| scenarios(file))
}

/// What a call gives to later steps; nothing if that has no calls.
fn given_by(call: &str) -> Option<&'static str> {
    match call {
        "open" => Some("Store"),
        "create_bucket" | "update_bucket" | "create_or_update_bucket" | "bucket" => Some("Bucket"),
        "get" => Some("Object"),
        "upload" => Some("Upload"),
        "watch" => Some("Watch"),
        "check" => Some("Check"),
        _ => None,
    }
}

/// Each method that a scenario calls, `Bucket.put`, with the options that it gives.
fn calls(scenario: &Scenario) -> Vec<(String, BTreeSet<String>)> {
    let mut saved = BTreeMap::from([("store".to_owned(), "Store")]);
    let mut calls = Vec::new();
    for step in &scenario.steps {
        let call = text(&step["call"]);
        if let Some(on) = step.get("on").map(text) {
            let options = step.get("options").and_then(Value::as_object).into_iter().flatten();
            calls.push((
                format!("{}.{call}", saved[&on]),
                options.map(|(option, _)| option.clone()).collect(),
            ));
        }
        if let Some(error) = step.get("error") {
            let told = ["bucket", "name"].into_iter().filter(|method| error.get(method).is_some());
            let methods = ["code", "is_retryable"].into_iter().chain(told);
            calls.extend(methods.map(|method| (format!("Error.{method}"), BTreeSet::new())));
        }
        if let (Some(name), Some(kind)) = (step.get("as").map(text), given_by(&call)) {
            saved.insert(name, kind);
        }
    }
    calls
}

/// The keys and the texts anywhere in a value.
fn words(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            into.extend(object.keys().cloned());
            object.values().for_each(|value| words(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, into)),
        Value::String(text) => into.extend([text.clone()]),
        _ => {}
    }
}

#[test]
fn every_file_is_run() {
    let folder = std::fs::read_dir(root().join("tests/scenarios")).expect("the folder");
    let names = folder.flatten().filter_map(|file| file.file_name().into_string().ok());
    let files: BTreeSet<_> = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    let run: BTreeSet<_> = FILES.iter().copied().chain(["broken"]).map(str::to_owned).collect();
    assert_eq!(files, run);
}

fn method(row: &Value) -> String {
    format!("{}.{}", text(&row["on"]), text(&row["method"]))
}

fn is_shown(method: &str) -> bool {
    !OF_THE_ENVIRONMENT.contains(&method)
}

#[test]
fn every_method_is_called() {
    let called: BTreeSet<_> = all().flat_map(|scenario| calls(&scenario)).map(|(method, _)| method).collect();
    let surface = surface();
    let methods: BTreeSet<_> = list(&surface["methods"]).iter().map(method).collect();
    let missing: Vec<_> = methods.difference(&called).filter(|method| is_shown(method)).collect();
    assert!(missing.is_empty(), "no scenario calls {missing:?}");
    let unknown: Vec<_> =
        called.difference(&methods).filter(|method| !LET_GO.contains(&method.as_str())).collect();
    assert!(unknown.is_empty(), "the interface has no {unknown:?}");
}

#[test]
fn every_option_is_given() {
    let mut given: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, options) in all().flat_map(|scenario| calls(&scenario)) {
        given.entry(method).or_default().extend(options);
    }
    for row in list(&surface()["methods"]).iter().filter(|row| is_shown(&method(row))) {
        let method = method(row);
        let options = row["options"].as_array().into_iter().flatten().map(text);
        let missing: Vec<_> = options
            .filter(|option| !given[&method].contains(option) && !OF_OTHER_SERVERS.contains(&option.as_str()))
            .collect();
        assert!(missing.is_empty(), "no scenario gives {method} the options {missing:?}");
    }
}

/// The fields and the cases of types are each given, or expected, under the key of a step where they belong.
#[test]
fn every_field_and_case_is_there() {
    let surface = surface();
    for (key, types) in [
        ("config", &["BucketConfig", "Placement", "Storage"][..]),
        ("meta", &["ObjectMeta", "Link"]),
        ("options", &["ByteRange", "Consistency", "CheckLevel", "Subset"]),
        (
            "expect",
            &[
                "BucketStatus",
                "Storage",
                "ObjectInfo",
                "Link",
                "Object",
                "WatchEvent",
                "CheckReport",
                "Finding",
                "GcReport",
                "Orphan",
            ],
        ),
    ] {
        let mut there = BTreeSet::new();
        for step in all().flat_map(|scenario| scenario.steps) {
            words(step.get(key).unwrap_or(&Value::Null), &mut there);
        }
        for kind in types {
            let parts = list(&surface["types"][kind]).iter().map(text);
            let missing: Vec<_> = parts.filter(|part| !there.contains(part)).collect();
            assert!(missing.is_empty(), "no `{key}` has {missing:?} of {kind}");
        }
    }
}

/// Each promise is made once, and each scenario expects something that could be otherwise.
#[test]
fn every_scenario_can_fail() {
    let mut promises = BTreeSet::new();
    for scenario in all() {
        let expects =
            scenario.steps.iter().any(|step| step.get("error").is_some() || step.get("expect").is_some());
        assert!(expects, "{:?} expects nothing", scenario.promise);
        for step in &scenario.steps {
            let empty = step.get("expect").is_some_and(|expected| *expected == serde_json::json!({}));
            assert!(!empty, "{step} expects nothing");
        }
        assert!(promises.insert(scenario.promise.clone()), "{:?} is there twice", scenario.promise);
    }
}
