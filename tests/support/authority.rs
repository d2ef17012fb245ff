//! An authority for certificates that nobody trusts but who is told to.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// An authority.
pub struct Authority {
    certificate: Certificate,
    key: KeyPair,
}

/// A certificate and its key, files in PEM.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// A new one of this name.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        Self { certificate: params.self_signed(&key).expect("a certificate"), key }
    }

    /// Its own certificate in PEM, for who is to trust it.
    pub fn root(&self) -> String {
        pem("CERTIFICATE", self.certificate.der())
    }

    /// Certifies who is under this DNS name or address, in files in `dir` that are replaced if they are there.
    pub fn certify(&self, name: &str, dir: &Path) -> Certified {
        self.certify_with(name, dir, |_| {})
    }

    /// The same, in a certificate that expired long ago.
    pub fn certify_expired(&self, name: &str, dir: &Path) -> Certified {
        self.certify_with(name, dir, |params| params.not_after = date_time_ymd(2001, 1, 1))
    }

    fn certify_with(&self, name: &str, dir: &Path, change: impl FnOnce(&mut CertificateParams)) -> Certified {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.certificate, &self.key).expect("a certificate");
        let files = Certified { certificate: dir.join("certificate.pem"), key: dir.join("key.pem") };
        fs::create_dir_all(dir).expect("a directory");
        fs::write(&files.certificate, pem("CERTIFICATE", certificate.der())).expect("a certificate's file");
        fs::write(&files.key, pem("PRIVATE KEY", key.serialized_der())).expect("a key's file");
        files
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn pem(what: &str, der: &[u8]) -> String {
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", BASE64.encode(der))
}
