//! The simulated cloud on a socket.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use adapters_sim::Sim;
use adapters_sim::kernel::Timing;
use adapters_sim::wire::{Face, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::pin;

/// The largest body that is taken: everything is held in memory.
const LARGEST: usize = 256 * 1024 * 1024;

/// Where the cloud's clock is read and advanced. No bucket can have a name like this.
const TIME: &str = "/_caretaker/time";

/// One cloud for all who ask, and the clock that it goes by.
#[derive(Debug)]
pub struct Served {
    sim: Mutex<Sim>,
    face: Face,
    pace: Pace,
}

/// How time passes in the cloud: as many times as fast as outside. What is advanced on request comes on top.
#[derive(Debug)]
struct Pace {
    begun: Instant,
    start: Timestamp,
    speed: u32,
    advanced: Mutex<SignedDuration>,
}

impl Pace {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.begun.elapsed()).unwrap_or(SignedDuration::MAX);
        let passed = passed.checked_mul(i32::try_from(self.speed).unwrap_or(i32::MAX));
        let advanced = *self.advanced.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = passed.and_then(|passed| passed.checked_add(advanced)).unwrap_or(SignedDuration::MAX);
        self.start.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    fn advance(&self, span: SignedDuration) {
        let mut advanced = self.advanced.lock().unwrap_or_else(PoisonError::into_inner);
        *advanced = advanced.saturating_add(span);
    }
}

/// What a client says who advances the clock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u32,
}

impl Served {
    /// An empty cloud at an instant, in which time passes so many times as fast as outside. Requests take no time of their own.
    pub fn new(start: Timestamp, speed: u32, seed: u64) -> Self {
        let sim = Sim::new(start, seed);
        sim.timing(Timing::Instant);
        let pace = Pace { begun: Instant::now(), start, speed, advanced: Mutex::default() };
        Self { face: sim.wire(), sim: Mutex::new(sim), pace }
    }

    /// Answers a request, once all has happened that was due before it. `None` when no answer comes.
    fn answer(&self, request: Request) -> Option<Response> {
        if request.uri().path() == TIME {
            return Some(self.time(&request));
        }
        let sim = self.sim.lock().unwrap_or_else(PoisonError::into_inner);
        sim.run_until(self.pace.now());
        sim.block_on(self.face.send(request))?.ok()
    }

    /// `GET` tells the cloud's time; `POST` of `{"advance_seconds": 3600}` lets so much pass first.
    fn time(&self, request: &Request) -> Response {
        if *request.method() == Method::POST {
            let Ok(advance) = serde_json::from_slice::<Advance>(request.body()) else {
                let wanted = json!({ "message": "expected {\"advance_seconds\": 3600}" });
                return told(StatusCode::BAD_REQUEST, &wanted);
            };
            self.pace.advance(SignedDuration::from_secs(advance.advance_seconds.into()));
        }
        let sim = self.sim.lock().unwrap_or_else(PoisonError::into_inner);
        sim.run_until(self.pace.now());
        told(StatusCode::OK, &json!({ "now": sim.now() }))
    }
}

fn told(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut response = Response::new(body.to_string().into());
    *response.status_mut() = status;
    response
}

/// Answers whoever connects, until `stop` is over.
pub async fn serve(listener: TcpListener, cloud: Served, stop: impl Future<Output = ()>) {
    let cloud = Arc::new(cloud);
    pin!(stop);
    loop {
        let connected = tokio::select! {
            connected = listener.accept() => connected,
            () = &mut stop => return,
        };
        // A connection that does not come about is its client's to try again.
        let Ok((stream, _)) = connected else { continue };
        let cloud = Arc::clone(&cloud);
        let service = service_fn(move |request| respond(Arc::clone(&cloud), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn respond(
    cloud: Arc<Served>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, NoAnswer> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST).collect().await else {
        let why = json!({ "message": format!("the body is cut off, or larger than {LARGEST} bytes") });
        return Ok(told(StatusCode::PAYLOAD_TOO_LARGE, &why).map(Full::new));
    };
    let request = Request::from_parts(parts, body.to_bytes());
    cloud.answer(request).map(|response| response.map(Full::new)).ok_or(NoAnswer)
}

/// The connection ends without an answer, as the cloud wants it.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
struct NoAnswer;

#[cfg(test)]
mod tests {
    use super::{Method, Request, Served, TIME};

    fn ask(served: &Served, method: Method, body: &'static str) -> (u16, String) {
        let request = Request::new(body.into());
        let (mut parts, body) = request.into_parts();
        (parts.method, parts.uri) = (method, TIME.parse().unwrap());
        let answer = served.answer(Request::from_parts(parts, body)).unwrap();
        (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
    }

    #[test]
    fn a_clock_that_stands_still_is_advanced_on_request() {
        let served = Served::new("2026-11-23T14:00:00Z".parse().unwrap(), 0, 1);
        assert_eq!(ask(&served, Method::GET, "").1, r#"{"now":"2026-11-23T14:00:00Z"}"#);
        let advanced = ask(&served, Method::POST, r#"{"advance_seconds": 3600}"#);
        assert_eq!(advanced.1, r#"{"now":"2026-11-23T15:00:00Z"}"#);
        assert_eq!(ask(&served, Method::GET, "").1, advanced.1);
    }

    #[test]
    fn an_advance_that_cannot_be_read_is_refused() {
        let served = Served::new("2026-11-23T14:00:00Z".parse().unwrap(), 0, 1);
        assert_eq!(ask(&served, Method::POST, r#"{"advance": 1}"#).0, 400);
    }
}
