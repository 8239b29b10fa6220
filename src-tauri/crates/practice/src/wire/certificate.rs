//! Whom a client's certificate names: the common name of its subject. Who signed it was checked during the handshake.

use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The common name in the subject of a certificate in DER. `None` when it has none that is text.
pub fn common_name(certificate: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let name = certificate.subject().iter_common_name().next()?;
    name.as_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::common_name;

    #[test]
    fn the_common_name_of_a_certificate_is_read() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::default();
        let name = &mut parameters.distinguished_name;
        *name = rcgen::DistinguishedName::new();
        name.push(rcgen::DnType::OrganizationName, "Cockroach");
        name.push(rcgen::DnType::CommonName, "zoë");
        let certificate = parameters.self_signed(&key).unwrap();
        assert_eq!(common_name(certificate.der()).as_deref(), Some("zoë"));
    }

    #[test]
    fn what_is_no_certificate_names_nobody() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x02, 0x30, 0x00],
        ] {
            assert_eq!(common_name(bytes), None);
        }
    }
}
