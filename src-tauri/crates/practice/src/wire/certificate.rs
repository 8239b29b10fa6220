//! Whom a client's certificate names: the common name of its subject. Who signed it was checked during the handshake.

/// Universal and context tags of DER that are met on the way to a certificate's subject.
mod tag {
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    pub const VERSION: u8 = 0xa0;
}

/// 2.5.4.3, commonName.
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

/// The common name in the subject of a certificate in DER. `None` when it has none that is text.
pub fn common_name(certificate: &[u8]) -> Option<String> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    // Before the subject: an optional version, the serial number, the algorithm, the issuer, the validity.
    if fields.first() == Some(&tag::VERSION) {
        fields = element(fields)?.2;
    }
    for _ in 0..4 {
        fields = element(fields)?.2;
    }
    let (tag::SEQUENCE, mut names, _) = element(fields)? else {
        return None;
    };
    while !names.is_empty() {
        let (tag::SET, mut parts, rest) = element(names)? else {
            return None;
        };
        while !parts.is_empty() {
            let (_, part, others) = element(parts)?;
            let (kind, identifier, value) = element(part)?;
            if kind == tag::OBJECT_IDENTIFIER && identifier == COMMON_NAME {
                let (_, text, _) = element(value)?;
                return String::from_utf8(text.to_vec()).ok();
            }
            parts = others;
        }
        names = rest;
    }
    None
}

/// The first element of DER: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&kind, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.len() > size_of::<u32>() {
            return None;
        }
        length = bytes
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    Some((kind, content, after))
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
