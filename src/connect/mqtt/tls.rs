//! Whom an encrypted connection to the broker trusts.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::SettingsError;

const NO_CERTIFICATE: &str =
    "mqtt.ca_file: there is no certificate in it (PEM, -----BEGIN CERTIFICATE-----)";

const NO_AUTHORITY: &str =
    "this machine trusts no certificate authority: install ca-certificates or set mqtt.ca_file";

/// A TLS client that trusts the authorities in `ca_file` alone, or the machine's if there is none.
pub(super) fn client(ca_file: Option<&Path>) -> Result<ClientConfig, SettingsError> {
    let (certificates, complaint) = match ca_file {
        Some(path) => (certificates_of(path)?, NO_CERTIFICATE),
        None => (rustls_native_certs::load_native_certs().certs, NO_AUTHORITY),
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(SettingsError::Authorities(complaint));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// What in the file is no certificate is left out.
fn certificates_of(path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let pem = std::fs::read(path).map_err(|cause| SettingsError::CaFile {
        path: path.to_owned(),
        cause,
    })?;
    Ok(CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let missing = client(Some(&path)).unwrap_err();
        assert!(matches!(missing, SettingsError::CaFile { .. }));
        std::fs::write(&path, "no certificate").unwrap();
        let empty = client(Some(&path)).unwrap_err().to_string();
        assert!(empty.contains("no certificate in it"), "{empty}");
    }
}
