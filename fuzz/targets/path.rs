#![no_main]

use std::path::Component;

// A path is refused, or its object goes to one file of the current directory.
libfuzzer_sys::fuzz_target!(|path: &str| {
    if let Some(file) = jetblob_cli::file_of_path(path) {
        let components: Vec<_> = file.components().collect();
        assert!(matches!(components[..], [Component::Normal(_)]), "{file:?}");
        assert!(!file.to_str().is_some_and(|file| file.contains(['/', '\0'])), "{file:?}");
    }
});
