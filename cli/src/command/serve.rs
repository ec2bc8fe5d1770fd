use std::fmt::Display;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use tiny_http::{ListenAddr, Server};

use super::{BadInput, CommandEnd};
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
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let bad = |error: &dyn Display| BadInput::new(format!("127.0.0.1:{}", self.port), error);
        let server = Server::http((Ipv4Addr::LOCALHOST, self.port)).map_err(|error| bad(&error))?;
        let server = Arc::new(server);
        let stopped = Arc::clone(&server);
        ctrlc::set_handler(move || stopped.unblock()).map_err(|error| BadInput::new("Ctrl-C", error))?;
        announce(&server.server_addr(), out).map_err(|error| bad(&error))?;
        let start = self.start.unwrap_or_else(Timestamp::now);
        serve(&server, &Served::new(start, self.speed, self.seed));
        Ok(CommandEnd::Done)
    }
}

/// Tells how to get here. Whoever starts this waits for it, so it goes out at once.
fn announce(address: &ListenAddr, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "The simulated cloud listens on http://{address}; Ctrl-C ends it. For AWS clients:")?;
    writeln!(
        out,
        "export AWS_ENDPOINT_URL=http://{address} AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=any \
         AWS_SECRET_ACCESS_KEY=any"
    )?;
    out.flush()
}
