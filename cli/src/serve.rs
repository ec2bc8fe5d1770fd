//! The simulated cloud on a socket.

use std::io::{Cursor, Read};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use cloud_sim::Sim;
use cloud_sim::kernel::Timing;
use cloud_sim::wire::{Face, Request, Response};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tiny_http::{Header, Server};

/// The largest body that is taken: everything is held in memory.
const LARGEST: u64 = 256 * 1024 * 1024;

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

/// Answers whoever connects, one after the other, until the server is unblocked.
pub fn serve(server: &Server, cloud: &Served) {
    for mut request in server.incoming_requests() {
        let answer = if let Some(read) = read(&mut request) {
            cloud.answer(read)
        } else {
            let why = format!("the request cannot be read, or is larger than {LARGEST} bytes");
            Some(told(StatusCode::BAD_REQUEST, &json!({ "message": why })))
        };
        // Whoever went away needs no answer; and one that is dropped without any ends its connection.
        if let Some(answer) = answer {
            let _ = request.respond(written(answer));
        }
    }
}

fn read(request: &mut tiny_http::Request) -> Option<Request> {
    let mut body = Vec::new();
    request.as_reader().take(LARGEST + 1).read_to_end(&mut body).ok()?;
    if u64::try_from(body.len()).is_ok_and(|length| LARGEST < length) {
        return None;
    }
    let head = http::Request::builder().method(request.method().as_str()).uri(request.url());
    let add = |head: http::request::Builder, header: &Header| {
        head.header(header.field.as_str().as_str(), header.value.as_str())
    };
    request.headers().iter().fold(head, add).body(body.into()).ok()
}

fn written(answer: Response) -> tiny_http::Response<Cursor<bytes::Bytes>> {
    let (parts, body) = answer.into_parts();
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Header::from_bytes(name.as_str(), value.as_bytes()).ok()
    };
    let headers = parts.headers.iter().filter_map(header).collect();
    let length = Some(body.len());
    // The length that the headers tell goes before that of the body: the answer to a HEAD has none.
    tiny_http::Response::new(parts.status.as_u16().into(), headers, Cursor::new(body), length, None)
        .with_chunked_threshold(usize::MAX)
}

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
