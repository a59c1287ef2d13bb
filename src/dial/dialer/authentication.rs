//! The authentication of an opening, to the server and to the proxy.

use crate::dial::auth::Authenticator;
use crate::dial::config::DialConfig;
use crate::dial::http::Peer;
use crate::dial::proxy::Proxy;
use crate::protocol::Response;

/// The authenticators of the server and of the proxy.
pub(super) struct Authentication {
    pub(super) server: Authenticator,
    pub(super) proxy: Authenticator,
    /// The current request is not the first on its stream. The peer may have closed the stream.
    pub(super) is_reused: bool,
}

impl Authentication {
    pub(super) fn new(config: &DialConfig) -> Authentication {
        Authentication { server: for_server(config), proxy: for_proxy(config), is_reused: false }
    }

    /// A redirect is followed. Credentials for one origin are never sent to another.
    pub(super) fn redirected(&mut self, answer: &Response, from: &DialConfig, to: &DialConfig) {
        self.server.informed(answer);
        let is_same = from.target.is_same_origin(&to.target)
            && from.target.credentials == to.target.credentials;
        if !is_same {
            self.server = for_server(to);
        }
        if from.proxy != to.proxy {
            self.proxy = for_proxy(to);
        }
    }

    pub(super) fn with(&mut self, peer: Peer) -> &mut Authenticator {
        match peer {
            Peer::Server => &mut self.server,
            Peer::Proxy => &mut self.proxy,
        }
    }
}

fn for_server(config: &DialConfig) -> Authenticator {
    // An Authorization header from the host takes precedence.
    let has_header =
        config.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let user = config.target.credentials.clone().filter(|_| !has_header);
    Authenticator::new(user, config.target.secure)
}

fn for_proxy(config: &DialConfig) -> Authenticator {
    let proxy = config.proxy.as_ref().filter(|proxy| proxy.is_http());
    let user = proxy.and_then(|proxy| proxy.credentials.clone());
    Authenticator::new(user, proxy.is_some_and(Proxy::is_tls))
}
