//! What a server chose in its hello. The libraries below native-tls do not all tell it.

/// `TLS 1.3` and `TLS_AES_256_GCM_SHA384`, out of the first bytes that a server sent (RFC 8446
/// 4.1.3, RFC 5246 7.4.1.3).
pub fn negotiated(received: &[u8]) -> Option<(&'static str, String)> {
    const HANDSHAKE: u8 = 22;
    const SERVER_HELLO: u8 = 2;
    const RANDOM: usize = 32;
    let mut input = Input(received);
    (input.byte()? == HANDSHAKE).then_some(())?;
    input.skip(4)?;
    (input.byte()? == SERVER_HELLO).then_some(())?;
    input.skip(3)?;
    let mut version = input.pair()?;
    input.skip(RANDOM)?;
    let session = input.byte()?;
    input.skip(session.into())?;
    let cipher = input.pair()?;
    input.skip(1)?;
    if let Some(chosen) = input.pair().and_then(|length| chosen_version(input, length)) {
        version = chosen;
    }
    let version = match version {
        0x0301 => "TLS 1.0",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        _ => "an unknown TLS version",
    };
    let name = CIPHERS.iter().find(|(number, _)| *number == cipher).map(|(_, name)| *name);
    Some(match name {
        Some(name) => (version, name.to_owned()),
        None => (version, format!("cipher suite {cipher:#06x}")),
    })
}

/// From TLS 1.3 on, the version stands in an extension.
fn chosen_version(input: Input<'_>, length: u16) -> Option<u16> {
    const SUPPORTED_VERSIONS: u16 = 43;
    let mut extensions = Input(input.0.get(..length.into())?);
    loop {
        let (kind, length) = (extensions.pair()?, extensions.pair()?);
        if kind == SUPPORTED_VERSIONS {
            return extensions.pair();
        }
        extensions.skip(length.into())?;
    }
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn pair(&mut self) -> Option<u16> {
        let (pair, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*pair))
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }
}

/// Those in use, by their IANA names.
const CIPHERS: [(u16, &str); 15] = [
    (0x1301, "TLS_AES_128_GCM_SHA256"),
    (0x1302, "TLS_AES_256_GCM_SHA384"),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
    (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    (0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    (0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    (0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version: [u8; 2], cipher: [u8; 2], extensions: &[u8]) -> Vec<u8> {
        let mut hello = vec![22, 3, 3, 0, 99, 2, 0, 0, 95];
        hello.extend(version);
        hello.extend([7; 32]);
        hello.extend([3, 1, 2, 3]);
        hello.extend(cipher);
        hello.push(0);
        hello.extend((extensions.len() as u16).to_be_bytes());
        hello.extend(extensions);
        hello
    }

    #[test]
    fn what_servers_choose() {
        let tls13 = hello([3, 3], [0x13, 0x02], &[0, 51, 0, 2, 9, 9, 0, 43, 0, 2, 3, 4]);
        assert_eq!(negotiated(&tls13), Some(("TLS 1.3", "TLS_AES_256_GCM_SHA384".to_owned())));
        let tls12 = hello([3, 3], [0xC0, 0x2F], &[]);
        assert_eq!(
            negotiated(&tls12),
            Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned()))
        );
        let old = hello([3, 1], [0x00, 0x0A], &[]);
        assert_eq!(negotiated(&old), Some(("TLS 1.0", "cipher suite 0x000a".to_owned())));
    }

    #[test]
    fn any_other_bytes_tell_nothing() {
        let whole = hello([3, 3], [0x13, 0x01], &[0, 43, 0, 2, 3, 4]);
        for end in 0..whole.len() - 8 {
            assert_eq!(negotiated(&whole[..end]), None, "{end}");
        }
        for end in whole.len() - 8..whole.len() {
            let _ = negotiated(&whole[..end]);
        }
        assert_eq!(negotiated(b"HTTP/1.1 400 Bad Request\r\n\r\n"), None);
    }
}
