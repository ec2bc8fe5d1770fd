//! The SDK's own HTTP client with an eye on it: whose requests pass, and whose reply gets lost.

use std::{
    io,
    sync::{Arc, Mutex},
};

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};

/// The header by which moto is told whose account a request is of
/// (<https://docs.getmoto.org/en/latest/docs/multi_account.html>).
pub(super) const ACCOUNT: &str = "x-moto-account-id";

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<String>,
    to_lose: Option<String>,
}

/// All connections of one clause.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    account: String,
    client: SharedHttpClient,
    seen: Arc<Mutex<Seen>>,
}

impl Wire {
    pub(super) fn new(account: &str) -> Self {
        let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
        Self { account: account.to_owned(), client, seen: Arc::default() }
    }

    /// How many requests of an operation were sent.
    pub(super) fn requests(&self, operation: &str) -> usize {
        self.seen.lock().unwrap().requests.iter().filter(|sent| *sent == operation).count()
    }

    /// Lets the reply to an operation's next request get lost.
    pub(super) fn lose_next_reply(&self, operation: &str) {
        self.seen.lock().unwrap().to_lose = Some(operation.to_owned());
    }

    /// Notes a request; whether its reply gets lost.
    fn note(&self, operation: String) -> bool {
        let mut seen = self.seen.lock().unwrap();
        let lost = seen.to_lose.take_if(|to_lose| *to_lose == operation).is_some();
        seen.requests.push(operation);
        lost
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Line { wire: self.clone(), connector })
    }
}

#[derive(Debug)]
struct Line {
    wire: Wire,
    connector: SharedHttpConnector,
}

impl HttpConnector for Line {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        request.headers_mut().insert(ACCOUNT, self.wire.account.clone());
        let lost = operation(&request).is_some_and(|operation| self.wire.note(operation));
        let reply = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let reply = reply.await?;
            if lost {
                Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into()))
            } else {
                Ok(reply)
            }
        })
    }
}

/// The operation of a request: DynamoDB's is in a header, that of EC2, Auto Scaling and SNS in the form. S3 has none.
fn operation(request: &HttpRequest) -> Option<String> {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().map(str::to_owned);
    }
    let form = str::from_utf8(request.body().bytes()?).ok()?;
    form.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned)
}
