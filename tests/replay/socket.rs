//! The SDK's own HTTP client against a socket of this machine: what it does beneath the adapters' eyes.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use adapters_aws::sdk::Ec2Instances;
use ports::{ErrorKind, InstanceId, Instances, PortError};

use crate::script::loader;

async fn reboot(port: u16) -> PortError {
    let loader = loader().test_credentials().endpoint_url(format!("http://127.0.0.1:{port}"));
    let instances = Ec2Instances::new(&loader.load().await);
    instances.reboot(&InstanceId::new("i-0a").unwrap()).await.unwrap_err()
}

/// A server that treats every connection like this once it has read something, and counts them.
fn server(treat: fn(TcpStream)) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            if connection.read(&mut [0; 8_192]).unwrap_or(0) > 0 {
                counted.fetch_add(1, Ordering::SeqCst);
                treat(connection);
            }
        }
    });
    (port, count)
}

#[tokio::test]
async fn a_port_where_nobody_listens_was_sent_nothing() {
    // Port 1 is nobody's, and none that the system would give to a test beside this one.
    let error = reboot(1).await;
    assert_eq!(error.kind, ErrorKind::NotSent, "{error}");
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_lost_after_one_request() {
    let (port, count) = server(drop);
    let error = reboot(port).await;
    assert_eq!((error.kind, count.load(Ordering::SeqCst)), (ErrorKind::Lost, 1), "{error}");
}

#[tokio::test]
async fn a_connection_that_closes_amid_an_answer_is_lost_after_one_request() {
    let (port, count) = server(|mut connection| {
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n<RebootInst").unwrap();
    });
    let error = reboot(port).await;
    assert_eq!((error.kind, count.load(Ordering::SeqCst)), (ErrorKind::Lost, 1), "{error}");
}
