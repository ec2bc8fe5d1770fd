//! AWS that answers at once, to measure a function by: every table is empty, every condition holds, everything works.
//!
//! `stub --snapshots 2000 --records 200000 --day 2026-11-23 --young 2026-11-24T00:00:00Z` prints its port. An emulator
//! would take longer to answer than a function to ask; this holds its answers ready. `GET /_requests` tells how often each
//! operation was asked for.

mod answer;
mod http;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use answer::Cloud;
use http::Connection;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Requests = Arc<Mutex<BTreeMap<String, u64>>>;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let pairs = arguments.chunks(2).filter_map(|pair| Some((pair.first()?.as_str(), pair.get(1)?.as_str())));
    let cloud = Arc::new(Cloud::new(&pairs.collect())?);
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?.port())?;
    let requests = Requests::default();
    for stream in listener.incoming() {
        let (stream, cloud, requests) = (stream?, Arc::clone(&cloud), Arc::clone(&requests));
        // A connection that breaks off is the caller's affair.
        std::thread::spawn(move || drop(serve(stream, &cloud, &requests)));
    }
    Ok(())
}

fn serve(stream: TcpStream, cloud: &Cloud, requests: &Requests) -> Result<(), Error> {
    let mut connection = Connection::new(stream)?;
    while let Some(request) = connection.request()? {
        if request.path == "/_requests" {
            let counts = requests.lock().unwrap_or_else(PoisonError::into_inner);
            let lines: Vec<String> = counts.iter().map(|(name, n)| format!("\"{name}\":{n}")).collect();
            connection.answer(200, &[], format!("{{{}}}", lines.join(",")).as_bytes())?;
            continue;
        }
        let operation = request.operation();
        let answer = cloud.answer(&operation, &request);
        let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        connection.answer(answer.status, &headers, &answer.body)?;
        let mut counts = requests.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(operation).or_default();
        *count = count.saturating_add(1);
    }
    Ok(())
}
