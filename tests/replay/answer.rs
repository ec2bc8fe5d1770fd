//! Answers in the forms that the services give them.

use std::time::Duration;

use crate::script::Reply;

/// An answer of any status.
pub(crate) fn answer(status: u16, body: impl Into<String>) -> Reply {
    Reply::Answer { after: Duration::ZERO, status, headers: Vec::new(), body: body.into() }
}

/// A success.
pub(crate) fn ok(body: impl Into<String>) -> Reply {
    answer(200, body)
}

/// A success of EC2
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-intro.html>).
pub(crate) fn ec2(operation: &str, fields: &str) -> Reply {
    ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <{operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
        <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>{fields}</{operation}Response>"#
    ))
}

/// A failure of EC2
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html#api-error-response>).
pub(crate) fn ec2_error(status: u16, code: &str, message: &str) -> Reply {
    answer(
        status,
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>
            <RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>"#
        ),
    )
}

/// A success of Auto Scaling or SNS.
pub(crate) fn query(operation: &str, fields: &str) -> Reply {
    ok(format!(
        "<{operation}Response xmlns=\"https://example.amazonaws.com/doc/\">\
         <{operation}Result>{fields}</{operation}Result>\
         <ResponseMetadata><RequestId>7c6e177f-f082-11e1-ac58-3714bEXAMPLE</RequestId></ResponseMetadata>\
         </{operation}Response>"
    ))
}

/// A failure of Auto Scaling or SNS.
pub(crate) fn query_error(status: u16, code: &str, message: &str) -> Reply {
    answer(
        status,
        format!(
            "<ErrorResponse xmlns=\"https://example.amazonaws.com/doc/\">\
             <Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>7c6e177f-f082-11e1-ac58-3714bEXAMPLE</RequestId></ErrorResponse>"
        ),
    )
}

/// A failure of DynamoDB
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>).
pub(crate) fn dynamo_error(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": message,
    });
    answer(status, body.to_string())
}

/// A failure of S3
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
pub(crate) fn s3_error(status: u16, code: &str) -> Reply {
    answer(
        status,
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>{code}</Code><Message>in words</Message><Resource>/bucket/key</Resource>
            <RequestId>4442587FB7D0A2F9</RequestId></Error>"#
        ),
    )
}
