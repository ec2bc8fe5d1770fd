//! One HTTP client for all clients of the SDK: one pool of connections, one copy of the trusted certificates.

use aws_smithy_http_client::{
    Builder, ConnectorBuilder, proxy::ProxyConfig, tls::Provider, tls::rustls_provider::CryptoMode,
};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};

/// What the SDK's own default does, but once for all clients and not before something is sent.
///
/// Left to themselves, each of a function's clients reads every certificate that the machine trusts when it is made, and
/// again when it first sends something: half of the time until the first answer, and megabytes.
pub(super) fn shared() -> SharedHttpClient {
    SharedHttpClient::new(Lazy(Builder::new().build_with_connector_fn(|settings, components| {
        let crypto = Provider::Rustls(CryptoMode::AwsLc);
        let mut connector = ConnectorBuilder::default().tls_provider(crypto);
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })))
}

/// A client that is not tried out while a client of the SDK is made.
#[derive(Debug)]
struct Lazy(SharedHttpClient);

impl HttpClient for Lazy {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
