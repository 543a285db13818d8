//! TLS for a private server.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::{PrivateServer, unique_name};

/// The files of an authority and of a server at 127.0.0.1 that it vouches for; gone when dropped.
#[derive(Debug)]
pub struct Certificates(PathBuf);

impl Certificates {
    /// Makes them in a folder of their own.
    pub fn make() -> Self {
        let folder = std::env::temp_dir().join(unique_name("kami_tls"));
        std::fs::create_dir(&folder).unwrap();
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new([]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1".to_owned()];
        let server = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        let write = |name: &str, pem: String| std::fs::write(folder.join(name), pem).unwrap();
        write("ca.pem", root.pem());
        write("server.pem", server.pem());
        write("server.key", key.serialize_pem());
        Self(folder)
    }

    /// The path of a file: `ca.pem`, `server.pem` or `server.key`.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Starts a server that shows the certificate.
    pub fn server(&self) -> PrivateServer {
        let options = ["ca", "cert", "key"]
            .into_iter()
            .zip(["ca.pem", "server.pem", "server.key"])
            .map(|(option, file)| format!("--ssl-{option}={}", self.file(file)))
            .collect::<Vec<_>>();
        PrivateServer::start(&options.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
