//! The contexts of the `nats` command: named files, each with a server and how to reach it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use jetblob::StoreOptions;
use serde_json::{Map, Value};

use crate::exit::Failure;
use crate::{home, nkey};

/// Where a context without a URL leads, as for the `nats` command.
const DEFAULT_URL: &str = "nats://127.0.0.1:4222";

/// What stands in front of a value that is kept elsewhere, as the `nats` command knows it.
const SCHEMES: [&str; 5] = ["data", "env", "file", "nsc", "op"];

/// Fields that would change the connection in a way that this command can't, and what to do instead.
const UNSUPPORTED: [(&str, &str); 6] = [
    ("socks_proxy", "take it out, and give a server that needs no proxy"),
    ("nsc", "put url and creds in its place; `nsc generate creds` writes the file"),
    ("windows_cert_store", "put cert and key in its place, files in PEM"),
    ("windows_cert_match_by", "put cert and key in its place, files in PEM"),
    ("windows_cert_match", "put cert and key in its place, files in PEM"),
    ("windows_ca_certs_match", "put ca in its place, a file in PEM"),
];

/// A context. It has no `Debug`, for it holds secrets.
pub(crate) struct Context {
    origin: Origin,
    url: Option<String>,
    user: Option<String>,
    password: Option<String>,
    token: Option<String>,
    creds: Option<String>,
    nkey: Option<String>,
    user_jwt: Option<String>,
    user_seed: Option<String>,
    cert: Option<String>,
    key: Option<String>,
    ca: Option<String>,
    tls_first: bool,
    domain: Option<String>,
    api_prefix: Option<String>,
    inbox_prefix: Option<String>,
}

/// Where a context comes from: what every error about it begins with.
#[derive(Debug)]
struct Origin {
    name: String,
    file: PathBuf,
    /// By the `nats` command, not by who runs this one.
    selected: bool,
}

impl Context {
    /// The context of this name.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        Self::load(&nats_directory()?, name, false)
    }

    /// The context that the `nats` command has selected, if there is one.
    pub(crate) fn selected() -> Result<Option<Self>, Failure> {
        let Ok(directory) = nats_directory() else { return Ok(None) };
        let file = directory.join("context.txt");
        let what = || format!("the selected context, {} (give --store to do without it)", file.display());
        match fs::read_to_string(&file) {
            Ok(name) if name.trim().is_empty() => Ok(None),
            Ok(name) => Self::load(&directory, name.trim(), true).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(Failure::io(what(), error)),
        }
    }

    fn load(directory: &Path, name: &str, selected: bool) -> Result<Self, Failure> {
        let directory = directory.join("context");
        let origin = Origin { name: name.to_owned(), file: directory.join(format!("{name}.json")), selected };
        if name.is_empty() || name.contains(['/', '\\', '\0']) || name.contains("..") {
            return Err(origin.refuse("a name is not empty, and has no slash, backslash or `..` in it"));
        }
        match fs::read(&origin.file) {
            Ok(text) => Self::parse(origin, &text),
            Err(error) if is_missing(&error) => Err(origin.missing(&names_in(&directory))),
            Err(error) => Err(Failure::io(origin.what(), error)),
        }
    }

    fn parse(origin: Origin, text: &[u8]) -> Result<Self, Failure> {
        let fields = match serde_json::from_slice(text) {
            Ok(Value::Object(fields)) => Fields { origin: &origin, fields },
            Ok(_) => return Err(origin.refuse("it is not a JSON object")),
            Err(error) => return Err(origin.refuse(&format!("it is not JSON: {error}"))),
        };
        for (field, way_out) in UNSUPPORTED {
            if !fields.is_empty(field) {
                return Err(origin.refuse(&format!("{field} can't be honoured; {way_out}")));
            }
        }
        Ok(Self {
            url: fields.text("url")?,
            user: fields.text("user")?,
            password: fields.text("password")?,
            token: fields.text("token")?,
            creds: fields.text("creds")?,
            nkey: fields.text("nkey")?,
            user_jwt: fields.text("user_jwt")?,
            user_seed: fields.text("user_seed")?,
            cert: fields.text("cert")?,
            key: fields.text("key")?,
            ca: fields.text("ca")?,
            tls_first: fields.flag("tls_first")?,
            domain: fields.text("jetstream_domain")?,
            api_prefix: fields.text("jetstream_api_prefix")?,
            inbox_prefix: fields.text("inbox_prefix")?,
            origin,
        })
    }

    /// The servers.
    pub(crate) fn url(&self) -> Result<String, Failure> {
        let url = self.url.as_deref().unwrap_or(DEFAULT_URL);
        servers(url).map_err(|reason| self.origin.refuse(&format!("url {reason}")))
    }

    /// Adds what the context says of the connection, but for the credentials, where nothing is given yet.
    pub(crate) fn complete(&self, options: &mut StoreOptions) -> Result<(), Failure> {
        if options.root_certificates.is_none() {
            options.root_certificates = self.path("ca", self.ca.as_deref())?;
        }
        if options.client_certificate.is_none() {
            let certificate = self.path("cert", self.cert.as_deref())?;
            let key = self.path("key", self.key.as_deref())?;
            if certificate.is_some() != key.is_some() {
                return Err(self.origin.refuse("cert and key are one thing, and one of them is missing"));
            }
            options.client_certificate = certificate.zip(key);
        }
        options.tls_first |= self.tls_first;
        if options.domain.is_none() && options.api_prefix.is_none() {
            options.domain.clone_from(&self.domain);
            // As for the `nats` command the domain wins.
            options.api_prefix = self.api_prefix.clone().filter(|_| self.domain.is_none());
        }
        if options.inbox_prefix.is_none() {
            options.inbox_prefix.clone_from(&self.inbox_prefix);
        }
        Ok(())
    }

    /// Adds the context's credentials. A password that is given elsewhere wins.
    pub(crate) fn authenticate(
        &self,
        options: &mut StoreOptions,
        password: Option<&str>,
    ) -> Result<(), Failure> {
        let kinds = [
            ("user", &self.user),
            ("creds", &self.creds),
            ("nkey", &self.nkey),
            ("user_jwt", &self.user_jwt.clone().or_else(|| self.user_seed.clone())),
        ];
        let given: Vec<&str> =
            kinds.iter().filter(|(_, value)| value.is_some()).map(|(kind, _)| *kind).collect();
        if let [one, other, ..] = given[..] {
            return Err(self.origin.refuse(&format!("it has both {one} and {other}; keep one of them")));
        }
        if let Some(user) = &self.user {
            let password = match password {
                Some(password) => Some(password.to_owned()),
                None => self.literal("password", self.password.as_deref())?,
            };
            options.user_and_password = Some((user.clone(), password.unwrap_or_default()));
        }
        options.token = self.literal("token", self.token.as_deref())?;
        options.credentials_file = self.path("creds", self.creds.as_deref())?;
        options.nkey_seed =
            self.path("nkey", self.nkey.as_deref())?.as_deref().map(nkey::read_seed).transpose()?;
        options.credentials = self.jwt_and_seed()?;
        Ok(())
    }

    /// `user_jwt` and `user_seed` as the text of a `.creds` file.
    fn jwt_and_seed(&self) -> Result<Option<String>, Failure> {
        let jwt = self.literal("user_jwt", self.user_jwt.as_deref())?;
        let seed = self.literal("user_seed", self.user_seed.as_deref())?;
        match (jwt, seed) {
            (None, None) => Ok(None),
            (Some(jwt), Some(seed)) => Ok(Some(format!(
                "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
                 -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
                jwt.trim(),
                seed.trim()
            ))),
            _ => {
                let reason = "user_jwt and user_seed are one thing, and one of them is missing";
                Err(self.origin.refuse(reason))
            }
        }
    }

    /// The value of a field that names a file.
    fn path(&self, field: &str, value: Option<&str>) -> Result<Option<PathBuf>, Failure> {
        let Some(value) = value else { return Ok(None) };
        let path = match scheme(value).as_deref() {
            None => value,
            Some("file") => {
                let path = &value["file:".len()..];
                path.strip_prefix("//").unwrap_or(path)
            }
            Some(scheme) => return Err(self.elsewhere(field, scheme)),
        };
        let variable = |name: &str| home::variable(name).ok().flatten();
        let path = expand(path, variable).map_err(|name| {
            self.origin.refuse(&format!("{field} is below ${name}, and there is no such variable"))
        })?;
        Ok(Some(match (path.strip_prefix('~'), home::home()) {
            (Some(""), Some(home)) => home,
            (Some(rest), Some(home)) if rest.starts_with('/') => home.join(&rest[1..]),
            _ => path.into(),
        }))
    }

    /// The value of a field that is itself what is meant, unless it says where that is.
    fn literal(&self, field: &str, value: Option<&str>) -> Result<Option<String>, Failure> {
        match value.and_then(scheme).as_deref().filter(|scheme| SCHEMES.contains(scheme)) {
            None => Ok(value.map(str::to_owned)),
            Some("file") => {
                let Some(path) = self.path(field, value)? else { return Ok(None) };
                let what = || format!("{field} of context {:?}, {}", self.origin.name, path.display());
                let text = fs::read_to_string(&path).map_err(|error| Failure::io(what(), error))?;
                Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            Some(scheme) => Err(self.elsewhere(field, scheme)),
        }
    }

    fn elsewhere(&self, field: &str, scheme: &str) -> Failure {
        let way_out = match field {
            "creds" => "give --creds and a file",
            "nkey" => "give --nkey and a file",
            "token" => "give $NATS_TOKEN",
            "password" => "give $NATS_PASSWORD",
            "user_jwt" | "user_seed" => "give --creds and a file with both",
            "ca" => "give --tlsca and a file",
            _ => "give --tlscert and --tlskey and files",
        };
        self.origin.refuse(&format!("{field} is a `{scheme}:` reference, which can't be followed; {way_out}"))
    }
}

impl Origin {
    fn what(&self) -> String {
        let way_out =
            if self.selected { " (it is the selected one; give --store to do without it)" } else { "" };
        format!("context {:?}, {}{way_out}", self.name, self.file.display())
    }

    fn refuse(&self, reason: &str) -> Failure {
        Failure::Usage(format!("{}: {reason}", self.what()))
    }

    fn missing(&self, names: &[String]) -> Failure {
        let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        self.refuse(&if names.is_empty() {
            "there is no such file, nor any other context; `nats context add` makes one".to_owned()
        } else {
            format!("there is no such file; there are {}", names.join(", "))
        })
    }
}

/// The fields of a context's file. Unknown ones are let be; empty ones are as good as missing ones.
struct Fields<'o> {
    origin: &'o Origin,
    fields: Map<String, Value>,
}

impl Fields<'_> {
    fn text(&self, field: &str) -> Result<Option<String>, Failure> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.origin.refuse(&format!("{field} must be a string"))),
        }
    }

    fn flag(&self, field: &str) -> Result<bool, Failure> {
        match self.fields.get(field) {
            Some(Value::Bool(flag)) => Ok(*flag),
            _ if self.is_empty(field) => Ok(false),
            _ => Err(self.origin.refuse(&format!("{field} must be true or false"))),
        }
    }

    fn is_empty(&self, field: &str) -> bool {
        match self.fields.get(field) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            _ => false,
        }
    }
}

/// A list of servers as a URL that can't be taken for a directory; or what it must be.
pub(crate) fn servers(url: &str) -> Result<String, &'static str> {
    let url = url.trim();
    let first = url.split(',').next().unwrap_or_default();
    match first.split_once("://") {
        None if !first.contains('/') => Ok(format!("nats://{url}")),
        Some(("nats" | "tls" | "ws" | "wss", _)) => Ok(url.to_owned()),
        // Not a word of it: what looks like a scheme may be a secret.
        _ => Err("must be nats://, tls://, ws:// or wss:// and a server"),
    }
}

/// Where the `nats` command keeps its files.
fn nats_directory() -> Result<PathBuf, Failure> {
    let config = home::config();
    let config = config.ok_or_else(|| {
        Failure::Usage("there is no home directory with contexts; give --store, not --context".to_owned())
    })?;
    Ok(config.join("nats"))
}

/// The contexts that exist, in order.
fn names_in(directory: &Path) -> Vec<String> {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    names
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The scheme of a value in small letters, if it begins like a URI. One letter is a drive, not a scheme.
fn scheme(value: &str) -> Option<String> {
    let (scheme, _) = value.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// Puts the values of variables in the place of `$NAME` and `${NAME}`; or names the one that there isn't.
fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut parts = text.split('$');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
            Some(braced) => braced,
            None => part.split_at(part.find(|c| !is_of_name(c)).unwrap_or(part.len())),
        };
        if name.is_empty() {
            expanded.push('$');
        } else {
            expanded.push_str(&variable(name).ok_or_else(|| name.to_owned())?);
        }
        expanded.push_str(rest);
    }
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Context, Failure> {
        let origin = Origin { name: "x".to_owned(), file: "/c/x.json".into(), selected: false };
        Context::parse(origin, text.as_bytes())
    }

    #[track_caller]
    fn options_of(text: &str) -> StoreOptions {
        let (mut options, context) = (StoreOptions::default(), parse(text).ok().unwrap());
        context.authenticate(&mut options, None).unwrap();
        context.complete(&mut options).unwrap();
        options
    }

    /// The context is refused, sooner or later, with these words, and without its secrets.
    #[track_caller]
    fn refused(text: &str, words: &[&str]) {
        let mut options = StoreOptions::default();
        let refused = parse(text).and_then(|context| {
            context.url()?;
            context.authenticate(&mut options, None)?;
            context.complete(&mut options)
        });
        let Err(Failure::Usage(message)) = refused else { panic!("{text} is taken") };
        for word in words.iter().chain(&["\"x\"", "/c/x.json"]) {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
        assert!(!message.contains("s3cret"), "{message}");
    }

    #[test]
    fn every_field_may_be_missing_null_or_empty() {
        let nothing = format!("{:?}", StoreOptions::default());
        let fields = [
            "url",
            "socks_proxy",
            "token",
            "user",
            "password",
            "creds",
            "nkey",
            "cert",
            "key",
            "ca",
            "nsc",
            "jetstream_domain",
            "jetstream_api_prefix",
            "inbox_prefix",
            "user_jwt",
            "user_seed",
            "tls_first",
            "windows_cert_store",
            "windows_cert_match_by",
            "windows_cert_match",
            "windows_ca_certs_match",
        ];
        for value in ["null", "\"\""] {
            let fields = fields.map(|field| format!("{field:?}: {value}")).join(",");
            for text in ["{}".to_owned(), format!("{{{fields}}}")] {
                assert_eq!(parse(&text).ok().unwrap().url().unwrap(), DEFAULT_URL);
                let options = options_of(&text);
                assert_eq!(format!("{options:?}"), nothing);
                assert!(options.user_and_password.is_none() && options.token.is_none());
                assert!(options.credentials_file.is_none() && options.credentials.is_none());
                assert!(options.root_certificates.is_none() && options.client_certificate.is_none());
                assert!(!options.tls_first);
            }
        }
    }

    #[test]
    fn every_field_counts_but_for_words_and_colours() {
        let options = options_of(
            r#"{"description": "d", "color_scheme": 7, "jetstream_event_prefix": {}, "future": [1],
                "user": "ann", "password": "s3cret", "token": "t", "cert": "/c", "key": "file:///k", "ca": "rel/ca",
                "tls_first": true, "jetstream_api_prefix": "js.api", "inbox_prefix": "_INBOX.ann"}"#,
        );
        assert_eq!(options.user_and_password, Some(("ann".to_owned(), "s3cret".to_owned())));
        assert_eq!(options.token.as_deref(), Some("t"));
        assert_eq!(options.client_certificate, Some(("/c".into(), "/k".into())));
        assert_eq!(options.root_certificates, Some("rel/ca".into()));
        assert!(options.tls_first);
        assert_eq!(options.api_prefix.as_deref(), Some("js.api"));
        assert_eq!(options.inbox_prefix.as_deref(), Some("_INBOX.ann"));

        let creds = options_of(r#"{"creds": "/a b.creds"}"#).credentials_file;
        assert_eq!(creds, Some("/a b.creds".into()));
        let credentials =
            options_of(r#"{"user_jwt": "e.j.w", "user_seed": "SUSEED\n"}"#).credentials.unwrap();
        assert!(credentials.contains("-----\ne.j.w\n-----") && credentials.contains("-----\nSUSEED\n-----"));
    }

    #[test]
    fn what_is_given_elsewhere_wins() {
        let context = r#"{"jetstream_domain": "hub", "jetstream_api_prefix": "p", "inbox_prefix": "i", "ca": "/ca",
            "cert": "/c", "key": "/k", "user": "ann", "password": "theirs"}"#;
        let context = parse(context).ok().unwrap();
        let mut options = StoreOptions::default();
        options.domain = Some("leaf".to_owned());
        options.inbox_prefix = Some("mine".to_owned());
        options.root_certificates = Some("/mine".into());
        options.client_certificate = Some(("/my/c".into(), "/my/k".into()));
        context.complete(&mut options).unwrap();
        assert_eq!((options.domain.as_deref(), options.api_prefix.as_deref()), (Some("leaf"), None));
        assert_eq!(options.inbox_prefix.as_deref(), Some("mine"));
        assert_eq!(options.root_certificates, Some("/mine".into()));
        assert_eq!(options.client_certificate, Some(("/my/c".into(), "/my/k".into())));
        context.authenticate(&mut options, Some("mine")).unwrap();
        assert_eq!(options.user_and_password, Some(("ann".to_owned(), "mine".to_owned())));

        let mut options = StoreOptions::default();
        context.complete(&mut options).unwrap();
        assert_eq!((options.domain.as_deref(), options.api_prefix.as_deref()), (Some("hub"), None));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for (text, words) in [
            ("", &["JSON"][..]),
            ("[]", &["object"]),
            (r#"{"token": "s3cret"#, &["JSON"]),
            (r#"{"user": 5}"#, &["user must be a string"]),
            (r#"{"token": ["s3cret"]}"#, &["token must be a string"]),
            (r#"{"tls_first": "s3cret"}"#, &["tls_first must be true or false"]),
            (r#"{"socks_proxy": "socks://s3cret"}"#, &["socks_proxy", "no proxy"]),
            (r#"{"nsc": "nsc://o/a/u"}"#, &["nsc", "creds"]),
            (r#"{"windows_cert_store": "user"}"#, &["windows_cert_store", "cert and key"]),
            (r#"{"windows_ca_certs_match": ["x"]}"#, &["windows_ca_certs_match", "ca"]),
            (r#"{"url": "http://ann:s3cret@h"}"#, &["url", "nats://"]),
            (r#"{"url": "file:///tmp"}"#, &["url", "nats://"]),
            (r#"{"url": "/tmp"}"#, &["url", "nats://"]),
            (r#"{"creds": "op://s3cret"}"#, &["creds", "`op:`", "--creds"]),
            (r#"{"nkey": "env://s3cret"}"#, &["nkey", "`env:`", "--nkey"]),
            (r#"{"ca": "DATA:s3cret"}"#, &["ca", "`data:`", "--tlsca"]),
            (r#"{"token": "op://s3cret"}"#, &["token", "`op:`", "$NATS_TOKEN"]),
            (r#"{"user": "u", "password": "data:s3cret"}"#, &["password", "`data:`", "$NATS_PASSWORD"]),
            (r#"{"user_jwt": "env://s3cret", "user_seed": "SU"}"#, &["user_jwt", "`env:`", "--creds"]),
            (r#"{"user_jwt": "s3cret"}"#, &["user_jwt", "user_seed"]),
            (r#"{"user_seed": "s3cret"}"#, &["user_jwt", "user_seed"]),
            (r#"{"user": "s3cret", "creds": "/f"}"#, &["user", "creds"]),
            (r#"{"cert": "/c"}"#, &["cert", "key"]),
            (r#"{"creds": "$JETBLOB_NO_SUCH_VARIABLE/f"}"#, &["creds", "$JETBLOB_NO_SUCH_VARIABLE"]),
        ] {
            refused(text, words);
        }
    }

    #[test]
    fn a_secret_may_look_like_a_reference() {
        let options = options_of(r#"{"user": "op", "password": "a:b", "token": "http://x"}"#);
        assert_eq!(options.user_and_password, Some(("op".to_owned(), "a:b".to_owned())));
        assert_eq!(options.token.as_deref(), Some("http://x"));
    }

    #[test]
    fn a_list_of_servers_is_never_a_directory() {
        assert_eq!(servers("localhost:4222").unwrap(), "nats://localhost:4222");
        assert_eq!(servers(" a,nats://b ").unwrap(), "nats://a,nats://b");
        assert_eq!(servers("wss://h/path").unwrap(), "wss://h/path");
        for url in ["/tmp", "./h", "file:/tmp", "http://h", "s3cret://h"] {
            assert!(!servers(url).unwrap_err().contains("s3cret"));
        }
    }

    #[test]
    fn variables_in_paths_are_replaced() {
        let variable = |name: &str| (name == "A_1").then(|| "/a".to_owned());
        for (text, expanded) in [
            ("$A_1/f", "/a/f"),
            ("x${A_1}y", "x/ay"),
            ("a$", "a$"),
            ("$/", "$/"),
            ("${A_1", "${A_1"),
            ("", ""),
        ] {
            assert_eq!(expand(text, variable).as_deref(), Ok(expanded));
        }
        assert_eq!(expand("$A_1$B/c", variable), Err("B".to_owned()));
    }
}
