//! As much HTTP as the AWS SDKs speak.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::Error;

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; where it is none, nothing.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The operation: DynamoDB names it in a header, EC2 and its like in the form, S3 by method and query.
    pub(crate) fn operation(&self) -> String {
        if let Some(target) = self.header("x-amz-target") {
            return target.rsplit('.').next().unwrap_or_default().to_owned();
        }
        let form = self.header("content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
        if form && let Some(action) = self.text().split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            return action.to_owned();
        }
        match (self.method.as_str(), self.path.contains("uploads"), self.path.contains("uploadId=")) {
            ("GET", _, _) => "GetObject",
            ("PUT", _, true) => "UploadPart",
            ("PUT", _, false) => "PutObject",
            ("POST", true, _) => "CreateMultipartUpload",
            ("POST", false, true) => "CompleteMultipartUpload",
            _ => "Unknown",
        }
        .to_owned()
    }
}

/// A connection of a client.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Result<Self, Error> {
        stream.set_nodelay(true)?;
        let writer = stream.try_clone()?;
        Ok(Self { reader: BufReader::with_capacity(64 * 1024, stream), writer })
    }

    /// The next request; `None` when the client has hung up.
    pub(crate) fn request(&mut self) -> Result<Option<Request>, Error> {
        let mut first = String::new();
        if self.reader.read_line(&mut first)? == 0 {
            return Ok(None);
        }
        let mut words = first.split_whitespace();
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        let mut request = Request { method, path, headers: self.headers()?, body: Vec::new() };
        if request.header("expect").is_some() {
            self.writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = if request.header("transfer-encoding") == Some("chunked") {
            self.chunks()?
        } else {
            self.bytes(request.header("content-length").unwrap_or("0").parse()?)?
        };
        Ok(Some(request))
    }

    fn headers(&mut self) -> Result<Vec<(String, String)>, Error> {
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(headers) };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok(body)
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        loop {
            let mut size = String::new();
            self.reader.read_line(&mut size)?;
            let length = usize::from_str_radix(size.trim().split(';').next().unwrap_or_default(), 16)?;
            body.extend(self.bytes(length)?);
            self.reader.read_line(&mut String::new())?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    /// Head and body in one piece, unless that would copy much.
    pub(crate) fn answer(&mut self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> Result<(), Error> {
        let mut head = format!("HTTP/1.1 {status} -\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if body.len() < 64 * 1024 {
            bytes.extend_from_slice(body);
            self.writer.write_all(&bytes)?;
        } else {
            self.writer.write_all(&bytes)?;
            self.writer.write_all(body)?;
        }
        Ok(())
    }
}
