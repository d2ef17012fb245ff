//! Names that have made clients disagree.

use super::{Scenario, body, bucket, scenario};

const NAMES: [&str; 18] = [
    "a b",
    "a/b/c.txt",
    "../a",
    "/a",
    ".",
    "a.b",
    "*",
    ">",
    "-rf",
    "line\nbreak",
    "nul\0byte",
    "é",
    "日本",
    "\u{1f980}",
    "???",
    "~~~",
    "a=",
    "$O.b.M.x",
];

fn named(name: &str, what: &str) -> Scenario {
    let (written, read) = (name.to_owned(), name.to_owned());
    scenario(
        what,
        move |hand| {
            bucket(hand)?;
            hand.put(&written, &body(&written, 1000))
        },
        move |hand| {
            hand.gets(&read, &body(&read, 1000))?;
            hand.tells(&read, &serde_json::json!({ "name": read }))?;
            hand.lists(&[&read])
        },
    )
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let mut all: Vec<_> = NAMES.iter().map(|name| named(name, &format!("the name {name:?}"))).collect();
    all.push(named(&"x".repeat(1000), "a name of 1,000 bytes"));
    all.push(scenario(
        "an empty name is refused",
        |hand| {
            bucket(hand)?;
            hand.puts_nothing("")
        },
        |hand| hand.lists(&[]),
    ));
    all
}
