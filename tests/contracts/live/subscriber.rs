//! Those who get a topic's notices.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};
use support::contract::notifier::Received;

use super::{REGION, wire::ACCOUNT};

/// A subscriber over HTTP. Emulators send no mail; this one gets the same form as a mailbox: the default.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) url: String,
    got: Arc<Mutex<Vec<Received>>>,
}

impl Subscriber {
    /// Listens until the tests end.
    pub(super) fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&got);
        thread::spawn(move || {
            for mut connection in listener.incoming().map(Result::unwrap) {
                let notice = received(&body(&connection), false);
                writer.lock().unwrap().push(notice);
                connection
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
            }
        });
        Self { url, got }
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.got.lock().unwrap().clone()
    }
}

/// A queue of Amazon SQS, which Caretaker itself never calls: so it is asked without an SDK.
#[derive(Debug)]
pub(super) struct Queue {
    host: String,
    account: String,
}

impl Queue {
    const NAME: &str = "alerts";

    pub(super) fn create(endpoint: &str, account: &str) -> Self {
        let host = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let queue = Self { host, account: account.to_owned() };
        queue.ask("CreateQueue", &json!({ "QueueName": Self::NAME }));
        queue
    }

    pub(super) fn arn(&self) -> String {
        format!("arn:aws:sqs:{REGION}:{}:{}", self.account, Self::NAME)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        let url = format!("http://{}/{}/{}", self.host, self.account, Self::NAME);
        let answer = self.ask("ReceiveMessage", &json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 }));
        let text = |message: &Value| message["Body"].as_str().unwrap().to_owned();
        answer["Messages"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|m| received(text(m).as_bytes(), true))
            .collect()
    }

    /// One exchange in SQS's JSON protocol
    /// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>).
    fn ask(&self, operation: &str, question: &Value) -> Value {
        let (host, account, question) = (&self.host, &self.account, question.to_string());
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {host}\r\n{ACCOUNT}: {account}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=none/20260101/{REGION}/sqs/aws4_request\r\n\
             content-type: application/x-amz-json-1.0\r\nx-amz-target: AmazonSQS.{operation}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            question.len()
        );
        let mut connection = TcpStream::connect(host).unwrap();
        connection.write_all((head + &question).as_bytes()).unwrap();
        serde_json::from_slice(&body(&connection)).unwrap()
    }
}

/// A notice as SNS wraps it
/// (<https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html>).
fn received(envelope: &[u8], by_queue: bool) -> Received {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    let text = |name: &str| envelope[name].as_str().unwrap_or_default().to_owned();
    Received { subject: text("Subject"), body: text("Message"), by_queue }
}

/// The body of the next HTTP message.
fn body(connection: &TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(connection);
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the connection ends amid a head");
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    body
}
