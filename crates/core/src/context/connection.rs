//! How to reach a server: what is given, variables, and a context say together.

use std::path::PathBuf;

use super::environment::Environment;
use super::nkey::read_seed;
use super::{Choice, Context};
use crate::{Error, Result, StoreOptions};

impl Choice {
    /// What is given wins over variables, and both over the context, each for itself. But credentials are one thing: any
    /// that are given are in the place of all others, then any in variables, then those in the URL, then the context's.
    pub(super) fn options(
        mut self,
        environment: &Environment,
        url: &str,
        context: Option<&Context>,
    ) -> Result<StoreOptions> {
        let certificate = self.client_certificate(environment)?;
        let given = self.options.has_credentials() || self.user.is_some() || self.nkey_file.is_some();
        if !given {
            self.user = environment.text("NATS_USER")?;
            self.nkey_file = environment.path("NATS_NKEY");
            self.options.token = environment.text("NATS_TOKEN")?;
            self.options.credentials_file = environment.path("NATS_CREDS");
        }
        let password = match self.password {
            Some(password) => Some(password),
            None => environment.text("NATS_PASSWORD")?,
        };

        let mut options = self.options;
        if let Some(user) = self.user {
            options.user_and_password = Some((user, password.clone().unwrap_or_default()));
        }
        if let Some(file) = self.nkey_file {
            options.nkey_seed = Some(read_seed(&file)?);
        }
        options.client_certificate = certificate;
        options.root_certificates = options.root_certificates.or_else(|| environment.path("NATS_CA"));
        if options.inbox_prefix.is_none() {
            options.inbox_prefix = environment.text("NATS_INBOX_PREFIX")?;
        }

        if let Some(context) = context {
            if !options.has_credentials() && !url.contains('@') {
                context.authenticate(environment, &mut options, password)?;
            }
            context.complete(environment, &mut options)?;
        }
        Ok(options)
    }

    /// Each half may be given, or in a variable.
    fn client_certificate(&mut self, environment: &Environment) -> Result<Option<(PathBuf, PathBuf)>> {
        if self.options.client_certificate.is_some() {
            return Ok(self.options.client_certificate.take());
        }
        let certificate = self.certificate.take().or_else(|| environment.path("NATS_CERT"));
        let key = self.certificate_key.take().or_else(|| environment.path("NATS_KEY"));
        let missing = match (certificate, key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => return Ok(Some((certificate, key))),
            (Some(_), None) => "it has no key; give its file too, or set $NATS_KEY",
            (None, Some(_)) => "there is a key alone; give the certificate's file too, or set $NATS_CERT",
        };
        Err(Error::InvalidArgument { argument: "client certificate", reason: missing.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "nats://h";

    /// The options for this URL, where these variables are set.
    fn options(
        choice: Choice,
        url: &str,
        variables: &'static [(&str, &str)],
        context: Option<&str>,
    ) -> Result<StoreOptions> {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name);
        let environment = Environment::new(move |name| variable(name).map(|(_, value)| value.into()), None);
        let context = context.map(|text| super::super::tests::parse(text).unwrap());
        choice.options(&environment, url, context.as_ref())
    }

    const CONTEXT: &str = r#"{"user": "theirs", "password": "theirs", "ca": "theirs", "inbox_prefix": "theirs",
        "cert": "theirs", "key": "theirs"}"#;

    #[test]
    fn what_is_given_wins_over_variables_and_those_over_the_context() {
        const VARIABLES: &[(&str, &str)] =
            &[("NATS_CA", "v"), ("NATS_INBOX_PREFIX", "v"), ("NATS_CERT", "v"), ("NATS_KEY", "v")];
        let options_of = |choice, variables| options(choice, URL, variables, Some(CONTEXT)).unwrap();
        let check = |options: StoreOptions, whose: &str| {
            assert_eq!(options.root_certificates, Some(whose.into()));
            assert_eq!(options.inbox_prefix.as_deref(), Some(whose));
            assert_eq!(options.client_certificate, Some((whose.into(), whose.into())));
        };
        let mut choice = Choice::default();
        check(options_of(choice.clone(), &[]), "theirs");
        check(options_of(choice.clone(), VARIABLES), "v");
        choice.options.root_certificates = Some("mine".into());
        choice.options.inbox_prefix = Some("mine".to_owned());
        choice.options.client_certificate = Some(("mine".into(), "mine".into()));
        check(options_of(choice, VARIABLES), "mine");
    }

    #[test]
    fn credentials_are_one_thing() {
        const TOKEN: &[(&str, &str)] = &[("NATS_TOKEN", "v"), ("NATS_PASSWORD", "v")];
        let chosen = |choice: &Choice, url, variables| {
            let options = options(choice.clone(), url, variables, Some(CONTEXT)).unwrap();
            (options.user_and_password.map(|(user, password)| user + ":" + &password), options.token)
        };
        let (some, none) = (|text: &str| Some(text.to_owned()), None::<String>);
        let mut choice = Choice::default();
        assert_eq!(chosen(&choice, URL, &[]), (some("theirs:theirs"), none.clone()));
        assert_eq!(chosen(&choice, "nats://a:b@h", &[]), (none.clone(), none.clone()));
        assert_eq!(chosen(&choice, URL, TOKEN), (none.clone(), some("v")));
        assert_eq!(chosen(&choice, URL, &TOKEN[1..]), (some("theirs:v"), none.clone()));
        assert_eq!(chosen(&choice, URL, &[("NATS_USER", "v")]), (some("v:"), none.clone()));
        choice.password = some("mine");
        assert_eq!(chosen(&choice, URL, &TOKEN[1..]), (some("theirs:mine"), none.clone()));
        assert_eq!(chosen(&choice, URL, &[("NATS_USER", "v")]), (some("v:mine"), none.clone()));
        choice.password = None;
        choice.user = some("mine");
        assert_eq!(chosen(&choice, URL, TOKEN), (some("mine:v"), none.clone()));
        choice.user = None;
        choice.options.token = some("mine");
        assert_eq!(chosen(&choice, URL, &[("NATS_USER", "v"), ("NATS_CREDS", "v")]), (none, some("mine")));
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let certificate = |choice, variables| {
            options(choice, URL, variables, None).map(|options| options.client_certificate)
        };
        let mut choice = Choice::default();
        for (variables, way_out) in
            [(&[("NATS_CERT", "v")], "$NATS_KEY"), (&[("NATS_KEY", "v")], "$NATS_CERT")]
        {
            let error = certificate(choice.clone(), variables).unwrap_err();
            assert_eq!(error.code(), "invalid_argument");
            assert!(error.to_string().contains(way_out), "{error}");
        }
        choice.certificate = Some("mine".into());
        let mixed = certificate(choice, &[("NATS_CERT", "v"), ("NATS_KEY", "v")]).unwrap();
        assert_eq!(mixed, Some(("mine".into(), "v".into())));
    }
}
