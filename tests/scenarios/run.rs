//! Running scenarios, step by step.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tests::{Place, Server, ServerKind, root};

use crate::Engine;
use crate::call::{Thing, call};
use crate::expect::matches;
use crate::keys::{Keys, list, text};
use crate::value::{at, one_of, resolved, text_of};

const BOUND: Duration = Duration::from_secs(30);

const ENGINES: [(&str, Engine); 2] = [("local", Engine::Local), ("jetstream", Engine::JetStream)];

/// A scenario, and the file that it is in.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) file: String,
    pub(crate) promise: String,
    pub(crate) steps: Vec<Value>,
}

/// Runs all scenarios of a file.
pub(crate) async fn file(file: &str, engine: Engine) {
    for scenario in scenarios(file) {
        run(scenario, engine).await;
    }
}

/// The scenarios of a file, which says nothing else.
pub(crate) fn scenarios(file: &str) -> Vec<Scenario> {
    let path = root().join("tests/scenarios").join(format!("{file}.json"));
    let content: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
    let scenarios = Keys::all(file, content, |keys| {
        keys.need_text("about");
        keys.need("scenarios")
    });
    let scenario = |scenario: &Value| {
        Keys::all("a scenario", scenario.clone(), |keys| Scenario {
            file: file.to_owned(),
            promise: keys.need_text("scenario"),
            steps: list(&keys.need("steps")).to_vec(),
        })
    };
    list(&scenarios).iter().map(scenario).collect()
}

/// Runs a scenario on a store of its own: a server, or a directory.
pub(crate) async fn run(scenario: Scenario, engine: Engine) {
    let server = (engine == Engine::JetStream).then(|| Server::start(ServerKind::Newest));
    let place = match &server {
        Some(server) => Place::on(server.url()).await,
        None => Place::local().await,
    };
    let steps = async {
        let mut world = World::begin(place);
        for (index, step) in scenario.steps.iter().enumerate() {
            let _place = Whereabouts(&scenario, index, step);
            world.step(step).await;
        }
    };
    let ended = tokio::time::timeout(BOUND, steps).await;
    assert!(ended.is_ok(), "{}: {:?} takes too long", scenario.file, scenario.promise);
}

/// Says where a failure was.
struct Whereabouts<'s>(&'s Scenario, usize, &'s Value);

impl Drop for Whereabouts<'_> {
    fn drop(&mut self) {
        let Self(scenario, index, step) = self;
        if std::thread::panicking() {
            let (file, promise) = (&scenario.file, &scenario.promise);
            eprintln!("in {file}.json, {promise:?}, step {}: {}", *index + 1, text_of(step));
        }
    }
}

/// What a scenario has at hand.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) saved: HashMap<String, Thing>,
    told: HashMap<String, Value>,
    files: TempDir,
    place: Place,
}

impl World {
    fn begin(place: Place) -> Self {
        let saved = HashMap::from([("store".to_owned(), Thing::Store(place.store.clone()))]);
        let files = tempfile::tempdir().expect("a temporary directory");
        Self { url: place.url.clone(), saved, told: HashMap::new(), files, place }
    }

    async fn step(&mut self, step: &Value) {
        if step.get("only").is_some_and(|engine| one_of(engine, &ENGINES) != self.engine()) {
            return;
        }
        let step = resolved(step, &|operator, operand| self.stands_for(operator, operand));
        let mut keys = Keys::of("the step", step);
        keys.take("only");
        let (saved_as, expected, error) = (keys.text("as"), keys.take("expect"), keys.take("error"));
        let outcome = call(self, &mut keys).await;
        keys.finish();
        let (thing, told) = match (outcome, error) {
            (Ok((thing, told)), None) => {
                if let Some(expected) = expected {
                    matches("the result", &expected, &told).unwrap_or_else(|reason| panic!("{reason}"));
                }
                (thing, told)
            }
            (Err(failure), Some(error)) => {
                assert!(expected.is_none(), "a failure has no result");
                let told = crate::told::error(&failure);
                check_error(&error, &told);
                (Thing::Error(failure), told)
            }
            (Ok((_, told)), Some(error)) => panic!("{} came, not the error {error}", text_of(&told)),
            (Err(failure), None) => panic!("it fails: {failure}"),
        };
        if let Some(name) = saved_as {
            self.saved.insert(name.clone(), thing);
            self.told.insert(name, told);
        }
    }

    fn engine(&self) -> Engine {
        if self.place.directory().is_some() { Engine::Local } else { Engine::JetStream }
    }

    fn stands_for(&self, operator: &str, operand: &Value) -> Option<Value> {
        match operator {
            "$" => {
                let operand = text(operand);
                let path: Vec<_> = operand.split('.').collect();
                let told =
                    self.told.get(path[0]).unwrap_or_else(|| panic!("nothing is saved as {:?}", path[0]));
                Some(at(told, &path[1..]))
            }
            "$path" => {
                let path = self.files.path().join(text(operand));
                Some(path.to_str().expect("a path that is UTF-8").into())
            }
            "$engine" => {
                let mut values = Keys::of("the values of the engines", operand.clone());
                let values = ENGINES.map(|(name, engine)| (engine, values.need(name)));
                values.into_iter().find(|(engine, _)| *engine == self.engine()).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

/// An error is what was expected, and what its table says of it.
fn check_error(expected: &Value, told: &Value) {
    let expected = match expected {
        Value::String(code) => serde_json::json!({ "code": code }),
        fields => fields.clone(),
    };
    matches("the error", &expected, told).unwrap_or_else(|reason| panic!("{reason}"));
    let path = root().join("tests/vectors/errors.json");
    let table: Value = serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON");
    let row =
        list(&table["errors"]).iter().find(|row| row["code"] == told["code"]).expect("a code of the table");
    assert_eq!(row["retryable"], told["retryable"], "{told}");
}
