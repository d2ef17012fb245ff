//! `completions` and `man`.

use crate::sandbox::Sandbox;

#[test]
fn a_completion_script_knows_every_command() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = sandbox.run(&["completions", shell]).succeeded().text();
        for word in ["jetblob", "watch", "seal", "if-absent"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    sandbox.run(&["completions", "cmd"]).failed(2, "cmd");
    assert!(!sandbox.store().exists());
}

#[test]
fn each_command_has_its_page() {
    let sandbox = Sandbox::new();
    let page = |command: &[&str]| sandbox.run(&[&["man"], command].concat()).succeeded().text();
    assert!(page(&[]).contains("Exit codes:"));
    assert!(page(&["watch"]).contains(".TH jetblob-watch 1"));
    assert!(page(&["bucket", "edit"]).contains("remove\\-metadata"));
    sandbox.run(&["man", "bucket", "none"]).failed(2, "no command \"bucket none\"");
}
