//! Builds the S3 client: where it connects, with which TLS, how long it waits and how often it tries.

use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService,
};
use object_store::{BackoffConfig, RetryConfig};
use reqwest::Method;
use reqwest::header::{HeaderValue, IF_NONE_MATCH};
use url::Url;

use crate::error::told;
use crate::{BlobError, Options, S3Options};

/// Smallest part of an upload in parts that S3 takes, in bytes; the last one may be smaller.
const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often one request is sent again after a passing failure.
const RETRIES_MAX: usize = 3;
/// Pauses between two tries begin with this and double.
const BACKOFF_FIRST: Duration = Duration::from_millis(50);
/// No pause is longer.
const BACKOFF_LAST: Duration = Duration::from_secs(2);

pub(super) fn build(s3: &S3Options, options: &Options) -> Result<AmazonS3, BlobError> {
    check(s3, options)?;
    let client = ClientOptions::new().with_allow_http(s3.allow_http);
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: BACKOFF_FIRST, max_backoff: BACKOFF_LAST, base: 2.0 },
        max_retries: RETRIES_MAX,
        retry_timeout: options.request_timeout,
    };
    let mut builder = AmazonS3Builder::new()
        .with_client_options(client)
        .with_retry(retry)
        .with_http_connector(Connector { silence_max: options.request_timeout, plain: is_plain(s3) })
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_checksum_algorithm(Checksum::SHA256)
        .with_disable_bulk_delete(true)
        .with_virtual_hosted_style_request(!s3.path_style);
    if let Some(endpoint) = &s3.endpoint {
        builder = builder.with_endpoint(bucket_endpoint(endpoint, s3)?);
    }
    if let (Some(id), Some(secret)) = (&s3.access_key, &s3.secret_key) {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose());
    }
    builder
        .build()
        .map_err(|error| BlobError::Options(format!("the S3 client cannot be built: {}", told(&error))))
}

fn check(s3: &S3Options, options: &Options) -> Result<(), BlobError> {
    let refuse = |problem: String| Err(BlobError::Options(problem));
    if s3.bucket.is_empty() || s3.bucket.contains('/') {
        return refuse(format!("the S3 bucket `{}` must be a name without slashes", s3.bucket));
    }
    if s3.access_key.is_some() != s3.secret_key.is_some() {
        return refuse("an S3 access key and its secret key must be given together, or neither".to_owned());
    }
    if options.multipart_bytes_min < PART_BYTES_MIN {
        return refuse(format!(
            "uploads in parts cannot begin at {} bytes: S3 takes no parts under {PART_BYTES_MIN} bytes",
            options.multipart_bytes_min
        ));
    }
    Ok(())
}

/// The endpoint as the client wants it: with the bucket as first label of the host unless that stands in the path.
fn bucket_endpoint(endpoint: &str, s3: &S3Options) -> Result<String, BlobError> {
    let refuse = |problem: &str| BlobError::Options(format!("the S3 endpoint `{endpoint}` {problem}"));
    let mut url = Url::parse(endpoint).map_err(|error| refuse(&format!("is no URL: {error}")))?;
    match url.scheme() {
        "https" => {}
        "http" if s3.allow_http => {}
        "http" => return Err(refuse("is not encrypted: use https, or allow http explicitly")),
        _ => return Err(refuse("must begin with https:// or http://")),
    }
    if !s3.path_style {
        let host = url.host_str().ok_or_else(|| refuse("names no host"))?;
        let host = format!("{}.{host}", s3.bucket);
        url.set_host(Some(&host))
            .map_err(|_| refuse("cannot have the bucket in front of its host: use path style"))?;
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Whether no request will be encrypted.
fn is_plain(s3: &S3Options) -> bool {
    s3.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"))
}

/// Makes HTTP clients for the S3 client and for the credentials of the machine.
#[derive(Debug)]
struct Connector {
    silence_max: Duration,
    plain: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        // One provider of cryptography in the whole program. A second installation fails, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The limit counts silence, not the whole transfer: a large object may take its time as long as it moves.
        // No proxy: the environment is not read here.
        let mut builder = reqwest::Client::builder();
        if self.plain {
            // The certificates of the system need not be there then, as in the smallest containers.
            builder = builder.tls_certs_only([]);
        }
        let client = builder
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(self.silence_max)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        Ok(HttpClient::new(Transport { client }))
    }
}

/// Sends requests. Adds the one header that the S3 client leaves out: an upload in parts must be create-only too.
#[derive(Debug)]
struct Transport {
    client: reqwest::Client,
}

#[async_trait]
impl HttpService for Transport {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if completes_parts(&request) {
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        // The client below panics on an address that is not one.
        if let Err(error) = Url::parse(&request.uri().to_string()) {
            return Err(HttpError::new(HttpErrorKind::Unknown, error));
        }
        self.client.call(request).await
    }
}

fn completes_parts(request: &HttpRequest) -> bool {
    let query = request.uri().query().unwrap_or_default();
    request.method() == Method::POST && query.split('&').any(|pair| pair.starts_with("uploadId="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cratekeep_types::Secret;

    fn options() -> S3Options {
        S3Options {
            bucket: "crates".into(),
            prefix: String::new(),
            endpoint: Some("http://127.0.0.1:9".into()),
            region: "us-east-1".into(),
            access_key: Some("id".into()),
            secret_key: Some(Secret::new("secret".into())),
            path_style: true,
            allow_http: true,
        }
    }

    fn problem(change: impl FnOnce(&mut S3Options)) -> String {
        let mut s3 = options();
        change(&mut s3);
        let whole = Options::s3(s3.clone(), "spool");
        build(&s3, &whole).expect_err("cannot work").to_string()
    }

    #[test]
    fn the_bucket_stands_in_the_path_or_in_the_host() {
        let mut s3 = options();
        assert_eq!(bucket_endpoint("http://h:9/", &s3).expect("good"), "http://h:9");
        s3.path_style = false;
        assert_eq!(bucket_endpoint("http://h:9/", &s3).expect("good"), "http://crates.h:9");
    }

    #[test]
    fn values_that_cannot_work_are_named() {
        assert!(problem(|s3| s3.allow_http = false).contains("`http://127.0.0.1:9`"));
        assert!(problem(|s3| s3.endpoint = Some("ftp://h".into())).contains("`ftp://h`"));
        assert!(problem(|s3| s3.endpoint = Some("nonsense".into())).contains("`nonsense`"));
        assert!(problem(|s3| s3.bucket = "a/b".into()).contains("`a/b`"));
        assert!(problem(|s3| s3.secret_key = None).contains("together"));
        assert!(problem(|s3| s3.path_style = false).contains("path style"), "an address has no subdomain");
    }
}
