//! A whole lifecycle through the AWS SDK for Rust: create, refuse, update, list, delete.
//!
//!     lifecycle [ATTEMPTS [ENDPOINT_URL]]
//!
//! The SDK attempts a throttled call three times, but never retries one that failed because of a
//! stale read. The program retries it, up to ATTEMPTS attempts (default 1: no retry). The SDK finds
//! the endpoint itself (AWS_ENDPOINT_URL and the like) unless ENDPOINT_URL is given.

use std::{future::Future, time::Duration};

use aws_config::BehaviorVersion;
use aws_sdk_sagemaker::{
    Client, Error,
    config::Builder,
    error::{ProvideErrorMetadata, SdkError},
    operation::describe_endpoint::DescribeEndpointOutput,
    types::{
        AsyncInferenceConfig, AsyncInferenceOutputConfig, ContainerDefinition, EndpointStatus,
        ProductionVariant, ProductionVariantInstanceType as Instance, Tag,
    },
};

const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let attempts = arguments.next().map_or(1, |text| text.parse().expect("ATTEMPTS is a number"));
    let lifecycle = Lifecycle { client: client(arguments.next()).await, attempts };
    lifecycle.create().await?;
    lifecycle.exceed_a_quota().await?;
    lifecycle.update().await?;
    lifecycle.list().await?;
    lifecycle.delete().await
}

/// Make a client from environment and configuration files, or for `url`. It uses HTTP only.
async fn client(url: Option<String>) -> Client {
    // not in its documentation, but public, and the way without TLS
    let http = aws_smithy_http_client::Builder::new().build_http();
    let shared = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    let config = Builder::from(&shared);
    Client::from_conf(match url {
        Some(url) => config.endpoint_url(url).build(),
        None => config.build(),
    })
}

struct Lifecycle {
    client: Client,
    attempts: u32,
}

impl Lifecycle {
    async fn create(&self) -> Result<(), Error> {
        let image = ContainerDefinition::builder().image("i").build();
        let model = self.client.create_model().model_name("m").primary_container(image);
        model.execution_role_arn(ROLE).send().await?;
        for (name, instance) in [("c", Instance::MlM5Large), ("d", Instance::MlM5Xlarge)] {
            self.configure(name, instance).await?;
        }
        self.patiently(|| {
            self.client.create_endpoint().endpoint_name("e").endpoint_config_name("c").send()
        })
        .await?;
        self.in_service().await?;
        Ok(())
    }

    /// Two variants, the first with twice the traffic of the second, as on the SDK's page.
    async fn configure(&self, name: &str, instance: Instance) -> Result<(), Error> {
        let output = AsyncInferenceOutputConfig::builder().s3_output_path("s3://b/out").build();
        let request = self
            .client
            .create_endpoint_config()
            .endpoint_config_name(name)
            .production_variants(variant("a", 2.0, &instance))
            .production_variants(variant("b", 1.0, &instance))
            .tags(Tag::builder().key("team").value("churn").build())
            .kms_key_id(KEY)
            .async_inference_config(AsyncInferenceConfig::builder().output_config(output).build());
        self.patiently(|| request.clone().send()).await?;

        let describe = || self.client.describe_endpoint_config().endpoint_config_name(name).send();
        let described = self.patiently(describe).await?;
        let variants = described.production_variants().iter();
        assert_eq!(
            variants.map(|v| v.initial_variant_weight()).collect::<Vec<_>>(),
            [Some(2.0), Some(1.0)]
        );
        assert_eq!(described.kms_key_id(), Some(KEY));
        assert!(described.async_inference_config().is_some());
        let arn = described.endpoint_config_arn().expect("an ARN");
        let tags = self.client.list_tags().resource_arn(arn).send().await?;
        assert_eq!(tags.tags()[0].value(), Some("churn"));
        Ok(())
    }

    /// An SdkError becomes the service's own error, which knows ResourceLimitExceeded by name and
    /// returns code and message of all others.
    async fn exceed_a_quota(&self) -> Result<(), Error> {
        self.configure("dear", Instance::MlP316Xlarge).await?;
        let create =
            || self.client.create_endpoint().endpoint_name("f").endpoint_config_name("dear").send();
        let refused = self.patiently(create).await.expect_err("a quota of none").into_service_error();
        assert!(refused.is_resource_limit_exceeded());

        let again = self.client.create_endpoint().endpoint_name("e").endpoint_config_name("c").send();
        let refused = again.await.expect_err("the name is taken").into_service_error();
        assert!(!refused.is_resource_limit_exceeded());
        assert_eq!(refused.code(), Some("ValidationException"));
        assert!(
            refused
                .message()
                .is_some_and(|text| text.starts_with("Cannot create already existing endpoint"))
        );
        Ok(())
    }

    async fn update(&self) -> Result<(), Error> {
        self.patiently(|| {
            self.client.update_endpoint().endpoint_name("e").endpoint_config_name("d").send()
        })
        .await?;
        assert_eq!(self.in_service().await?.endpoint_config_name(), Some("d"));
        Ok(())
    }

    async fn list(&self) -> Result<(), Error> {
        let mut pages =
            self.client.list_endpoint_configs().max_results(2).into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(config) = pages.next().await {
            names.extend(config?.endpoint_config_name);
        }
        names.sort();
        assert_eq!(names, ["c", "d", "dear"]);
        Ok(())
    }

    async fn delete(&self) -> Result<(), Error> {
        self.client.delete_endpoint().endpoint_name("e").send().await?;
        while self.client.describe_endpoint().endpoint_name("e").send().await.is_ok() {}
        for name in ["c", "d", "dear"] {
            self.client.delete_endpoint_config().endpoint_config_name(name).send().await?;
        }
        self.client.delete_model().model_name("m").send().await?;
        Ok(())
    }

    async fn in_service(&self) -> Result<DescribeEndpointOutput, Error> {
        loop {
            let described =
                self.patiently(|| self.client.describe_endpoint().endpoint_name("e").send()).await?;
            if described.endpoint_status() == Some(&EndpointStatus::InService) {
                return Ok(described);
            }
        }
    }

    /// Call, up to `attempts` times: a new resource may not be visible yet.
    async fn patiently<T, E: ProvideErrorMetadata, F: Future<Output = Result<T, SdkError<E>>>>(
        &self,
        call: impl Fn() -> F,
    ) -> F::Output {
        for _ in 1..self.attempts {
            match call().await {
                Err(SdkError::ServiceError(refusal)) if is_not_seen_yet(refusal.err()) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                answer => return answer,
            }
        }
        call().await
    }
}

fn is_not_seen_yet(refusal: &impl ProvideErrorMetadata) -> bool {
    refusal.message().is_some_and(|text| text.starts_with("Could not find"))
}

fn variant(name: &str, weight: f32, instance: &Instance) -> ProductionVariant {
    ProductionVariant::builder()
        .variant_name(name)
        .model_name("m")
        .instance_type(instance.clone())
        .initial_instance_count(1)
        .initial_variant_weight(weight)
        .build()
}
