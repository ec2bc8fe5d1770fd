//! S3 (<https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html>): the operation is in method, path and query.

mod bucket;
mod object;
mod request;
mod upload;

use bytes::Bytes;
use http::Method;

use super::error::Dialect;
use super::operation::{Exchange, Operation};
use super::xml::Element;
use super::{Request, Response, error};
use crate::cloud::ApiError;
use crate::kernel::Op;
use request::Asked;

/// What an operation answers with.
#[derive(Debug, Default)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Answer {
    /// A body of XML.
    fn xml(element: &Element) -> Self {
        let headers = vec![("content-type", "application/xml".to_owned())];
        Self { status: 200, headers, body: element.document().into() }
    }

    /// Nothing to say.
    fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// The same answer with a header.
    #[expect(clippy::needless_pass_by_value, reason = "so that texts and numbers are given alike")]
    fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    fn response(self, id: &str) -> Response {
        let mut response = error::plain(self.status, self.body, id);
        for (name, value) in &self.headers {
            error::set(&mut response, name, value);
        }
        response
    }
}

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

type S3Operation = Operation<Asked, Answer>;

/// Understands a request for a bucket or an object.
pub(super) fn understand(request: Request, id: &str) -> Result<Exchange, Box<Response>> {
    let dialect = Dialect::S3 { has_body: *request.method() != Method::HEAD };
    let asked = Asked::read(request).map_err(|error| dialect.refuse(&error, id))?;
    let Some(operation) = operation(&asked) else {
        let message = format!("The simulated cloud does not have the operation {}", asked.described());
        return Err(dialect.refuse(&ApiError::rejected("NotImplemented", message), id));
    };
    let (run, answer_id) = (operation.run, id.to_owned());
    let op = (Op::new("s3", operation.name), operation.access);
    Ok(Exchange::new(op, dialect, id, move |cloud, context| {
        run(&asked, cloud, context).map(|answer| answer.response(&answer_id))
    }))
}

fn operation(asked: &Asked) -> Option<S3Operation> {
    if asked.unknown_header().is_some() {
        return None;
    }
    let on_object = asked.key.is_some();
    let is_of = |names: &[&str]| asked.is_of(names);
    Some(match (asked.method.as_str(), on_object) {
        ("GET", false) if asked.bucket.is_empty() && is_of(&[]) => {
            S3Operation::reads("ListBuckets", bucket::list_all)
        }
        (_, _) if asked.bucket.is_empty() => return None,
        ("PUT", false) if is_of(&[]) => S3Operation::writes("CreateBucket", bucket::create),
        ("HEAD", false) if is_of(&[]) => S3Operation::reads("HeadBucket", bucket::head),
        ("DELETE", false) if is_of(&[]) => S3Operation::writes("DeleteBucket", bucket::delete),
        ("GET", false) if is_of(&["uploads"]) => S3Operation::reads("ListMultipartUploads", upload::list),
        ("GET", false) if is_of(&["list-type"]) => S3Operation::reads("ListObjectsV2", bucket::list),
        ("PUT", true) if is_of(&[]) => S3Operation::writes("PutObject", object::put),
        ("GET", true) if is_of(&[]) => S3Operation::reads("GetObject", object::get),
        ("HEAD", true) if is_of(&[]) => S3Operation::reads("HeadObject", object::head),
        ("DELETE", true) if is_of(&[]) => S3Operation::writes("DeleteObject", object::delete),
        ("POST", true) if is_of(&["uploads"]) => S3Operation::writes("CreateMultipartUpload", upload::begin),
        ("PUT", true) if is_of(&["partNumber", "uploadId"]) => {
            S3Operation::writes("UploadPart", upload::part)
        }
        ("POST", true) if is_of(&["uploadId"]) => {
            S3Operation::writes("CompleteMultipartUpload", upload::complete)
        }
        ("DELETE", true) if is_of(&["uploadId"]) => {
            S3Operation::writes("AbortMultipartUpload", upload::abort)
        }
        _ => return None,
    })
}

/// The error for an argument that is wrong.
fn invalid(name: &str, value: &str) -> ApiError {
    ApiError::rejected("InvalidArgument", format!("Value ({value}) of {name} is invalid"))
}
