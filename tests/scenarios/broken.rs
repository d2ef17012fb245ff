//! That the runner fails where it must.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::Engine;
use crate::run::{run, scenarios};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_broken_scenario_fails_at_its_last_step() {
    for broken in scenarios("broken") {
        let mut sound = broken.clone();
        sound.steps.pop().expect("a step that breaks it");
        run(sound, Engine::Local).await;
        let promise = broken.promise.clone();
        let ended = AssertUnwindSafe(run(broken, Engine::Local)).catch_unwind().await;
        assert!(ended.is_err(), "{promise:?} does not fail");
    }
}
