use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::Notify;

use super::{BadInput, Verdict};
use crate::serve::{Served, serve};

/// `caretaker serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// The port of 127.0.0.1 to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 4600)]
    port: u16,
    /// How many seconds pass in the cloud in one of yours. With 0 its clock stands still until somebody advances it.
    #[arg(long, default_value_t = 1)]
    speed: u32,
    /// When it is in the cloud at first; by default the present.
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// Decides what the cloud leaves to chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Serve {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Verdict, BadInput> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(|error| BadInput::new("runtime", error))?;
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        ctrlc::set_handler(move || stop.notify_one()).map_err(|error| BadInput::new("Ctrl-C", error))?;
        let ended = runtime.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
            announce(listener.local_addr()?, out)?;
            let cloud = Served::new(self.start.unwrap_or_else(Timestamp::now), self.speed, self.seed);
            serve(listener, cloud, stopped.notified()).await;
            Ok(Verdict::Done)
        });
        ended.map_err(|error: io::Error| BadInput::new(format!("127.0.0.1:{}", self.port), error))
    }
}

/// Tells how to get here. Whoever starts this waits for it, so it goes out at once.
fn announce(address: SocketAddr, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "The simulated cloud listens on http://{address}; Ctrl-C ends it. For AWS clients:")?;
    writeln!(
        out,
        "export AWS_ENDPOINT_URL=http://{address} AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=any \
         AWS_SECRET_ACCESS_KEY=any"
    )?;
    out.flush()
}
