//! The wire face in the place of the AWS SDK's HTTP client, clock and timer: so an SDK client runs inside a simulation, in virtual
//! time, and its requests go the way of all others there.

use std::io;
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use jiff::{SignedDuration, Timestamp};

use super::{Face, NoAnswer};

impl HttpClient for Face {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Face {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let face = self.clone();
        HttpConnectorFuture::new(async move { exchange(&face, request).await })
    }
}

async fn exchange(face: &Face, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    let body = ByteStream::new(body).collect().await;
    let body = body.map_err(|error| ConnectorError::user(error.into()))?.into_bytes();
    let answer = face.send(http::Request::from_parts(head, body)).await;
    let answer = answer.map_err(|lost @ NoAnswer| ConnectorError::timeout(io::Error::other(lost).into()))?;
    HttpResponse::try_from(answer.map(SdkBody::from))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

impl TimeSource for Face {
    fn now(&self) -> SystemTime {
        let since = Self::now(self).duration_since(Timestamp::UNIX_EPOCH);
        SystemTime::UNIX_EPOCH + Duration::try_from(since).unwrap_or_default()
    }
}

impl AsyncSleep for Face {
    fn sleep(&self, span: Duration) -> Sleep {
        let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        Sleep::new(Self::sleep(self, span))
    }
}
