use super::{Delivery, Function};
use crate::cloud::{ApiError, Cloud};
use crate::kernel::Context;

impl Cloud {
    /// `CreateFunction` with the configuration of its asynchronous calls.
    ///
    /// # Errors
    ///
    /// When there is one of that name, or its configuration is beyond a limit.
    pub fn create_function(&mut self, name: &str, function: Function) -> Result<(), ApiError> {
        function.check()?;
        if self.lambda.has(name) {
            let message = format!("Function already exist: {name}");
            return Err(ApiError::rejected("ResourceConflictException", message));
        }
        self.lambda.add_function(name, function);
        Ok(())
    }

    /// `Invoke` with the invocation type `Event`: success means that the event is in the queue.
    ///
    /// # Errors
    ///
    /// When there is no such function, or the event is too long.
    pub fn invoke(
        &mut self,
        function: &str,
        event: &[u8],
        context: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        if !self.lambda.has(function) {
            let arn = self.place.arn("lambda", &format!("function:{function}"));
            return Err(ApiError::not_found(
                "ResourceNotFoundException",
                format!("Function not found: {arn}"),
            ));
        }
        let longest = self.lambda.account.longest_event;
        if longest < event.len() {
            let message = format!(
                "{} byte payload is too large for the Event invocation type (limit {longest} bytes)",
                event.len()
            );
            return Err(ApiError::rejected("RequestTooLargeException", message));
        }
        self.lambda.deliver(Delivery { function: function.to_owned(), payload: event.to_vec() }, context);
        Ok(())
    }
}
