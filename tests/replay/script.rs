//! The far end of the wire: answers as it is told, and writes down what it was asked.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

/// What the far end does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers, after a while.
    Answer { after: Duration, status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// Never answers.
    Silence,
    /// Takes no connection.
    Refusal,
    /// Cuts the connection, when the request has been read.
    Cut,
}

impl Reply {
    /// The same with one more header.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    /// The same, but later.
    pub(crate) fn late(mut self, seconds: u64) -> Self {
        if let Self::Answer { after, .. } = &mut self {
            *after = Duration::from_secs(seconds);
        }
        self
    }

    async fn response(self) -> Result<HttpResponse, ConnectorError> {
        match self {
            Self::Answer { after, status, headers, body } => {
                tokio::time::sleep(after).await;
                let status = StatusCode::try_from(status).unwrap();
                let mut response = HttpResponse::new(status, SdkBody::from(body));
                for (name, value) in headers {
                    response.headers_mut().insert(name, value);
                }
                Ok(response)
            }
            Self::Silence => std::future::pending().await,
            Self::Refusal => {
                let error = io::Error::new(io::ErrorKind::ConnectionRefused, "tcp connect error");
                Err(ConnectorError::io(error.into()))
            }
            Self::Cut => {
                let error = io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by peer");
                Err(ConnectorError::io(error.into()))
            }
        }
    }
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The fields of a form, as EC2, Auto Scaling and SNS take them.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        let body = String::from_utf8(self.body.clone()).unwrap();
        let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (decoded(name), decoded(value)));
        body.split('&').filter_map(pair).collect()
    }

    /// The body as DynamoDB takes it.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// One header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        if let (b'%', [high, low, more @ ..]) = (first, more) {
            let digits = [*high, *low];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            rest = more;
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The replies to come, and the requests that came.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    forever: Option<Reply>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Script {
    /// These replies, one for each request. A further request gets an error that says so.
    pub(crate) fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Arc::new(Mutex::new(replies.into_iter().collect()));
        Self { replies, forever: None, requests: Arc::default() }
    }

    /// The same reply to whatever comes.
    pub(crate) fn always(reply: Reply) -> Self {
        Self { forever: Some(reply), ..Self::of([]) }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The one request so far.
    pub(crate) fn only(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests[0].clone()
    }

    /// A configuration whose requests all go here.
    pub(crate) async fn config(&self) -> SdkConfig {
        self.loader().test_credentials().load().await
    }

    /// The same without credentials.
    pub(crate) fn loader(&self) -> ConfigLoader {
        loader().http_client(self.clone())
    }

    fn reply(&self) -> Option<Reply> {
        self.replies.lock().unwrap().pop_front().or_else(|| self.forever.clone())
    }
}

/// A configuration that knows nothing of this machine. Each is in a region of its own: clients in one region share a
/// retry quota, through which tests would disturb each other.
pub(crate) fn loader() -> ConfigLoader {
    static REGIONS: AtomicUsize = AtomicUsize::new(1);
    let region = format!("eu-test-{}", REGIONS.fetch_add(1, Ordering::SeqCst));
    aws_config::defaults(BehaviorVersion::latest()).empty_test_environment().region(Region::new(region))
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let script = self.clone();
        HttpConnectorFuture::new(async move {
            let headers = request.headers().iter();
            let mut read = Request {
                method: request.method().to_owned(),
                uri: request.uri().to_owned(),
                headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
                body: Vec::new(),
            };
            read.body = ByteStream::new(request.into_body()).collect().await.unwrap().to_vec();
            script.requests.lock().unwrap().push(read);
            match script.reply() {
                Some(reply) => reply.response().await,
                None => Err(ConnectorError::other("no more replies in the script".into(), None)),
            }
        })
    }
}

impl HttpClient for Script {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
