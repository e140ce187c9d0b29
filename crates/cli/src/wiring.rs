//! The settings as each room's own options, one function per room, and the pieces that only the roof has: the
//! system's clock and randomness, and the step at which a test kills the process.

mod providers;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, anyhow};
use cratekeep_config::{
    ForwardedHeader, KillAt, MailUrl, ReadmeImages, Settings, StartTls, StoragePlace, VerifyOnRead,
};
use cratekeep_outbound::mail::{MailOptions, MailPlace, Mailer, SmtpPlace, SmtpSecurity};
use cratekeep_package::ArchiveLimits;
use cratekeep_policy::MetadataLimits;
use cratekeep_store::DatabaseUrl;
use cratekeep_types::{Entropy, Secret, Steps};
use cratekeep_wire::frame::FrameLimits;
use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::Notify;

/// Where the database is.
pub(crate) fn database_url(settings: &Settings) -> Result<DatabaseUrl> {
    match settings.database.url.expose().as_str() {
        "sqlite" => Ok(DatabaseUrl::Sqlite { path: settings.server.data_dir.join("cratekeep.db") }),
        other => other.parse().context("database.url cannot be used"),
    }
}

/// The file of a SQLite database.
pub(crate) fn sqlite_file(settings: &Settings) -> Option<PathBuf> {
    match database_url(settings) {
        Ok(DatabaseUrl::Sqlite { path }) => Some(path),
        _ => None,
    }
}

/// For `store`.
pub(crate) fn store_options(settings: &Settings, create: bool) -> Result<cratekeep_store::Options> {
    let database = &settings.database;
    Ok(cratekeep_store::Options {
        url: database_url(settings)?,
        create,
        connections_max: database.connections_max,
        wait_secs_max: u32::try_from(database.wait_secs_max.as_secs()).unwrap_or(u32::MAX),
        write_secs_max: u32::try_from(database.write_secs_max.as_secs()).unwrap_or(u32::MAX),
    })
}

/// For `blob`.
pub(crate) fn blob_options(settings: &Settings) -> cratekeep_blob::Options {
    let storage = &settings.storage;
    let data_dir = &settings.server.data_dir;
    let options = match &storage.url {
        StoragePlace::DataFolder => cratekeep_blob::Options::local(data_dir.join("blobs")),
        StoragePlace::Folder(root) => cratekeep_blob::Options::local(root),
        StoragePlace::S3 { bucket, prefix } => {
            let place = cratekeep_blob::S3Options {
                bucket: bucket.clone(),
                prefix: prefix.clone(),
                endpoint: storage.endpoint.clone(),
                region: storage.region.clone(),
                access_key: storage.access_key.as_ref().map(|key| key.expose().clone()),
                secret_key: storage.secret_key.clone(),
                path_style: storage.path_style,
                allow_http: storage.endpoint.as_deref().is_some_and(|url| url.starts_with("http://")),
            };
            cratekeep_blob::Options::s3(place, data_dir.join("spool"))
        }
    };
    cratekeep_blob::Options {
        multipart_bytes_min: storage.multipart_bytes_min,
        request_timeout: storage.silence_secs_max,
        ..options
    }
}

/// For `outbound`.
pub(crate) fn outbound_options(settings: &Settings) -> cratekeep_outbound::Options {
    let outbound = &settings.outbound;
    cratekeep_outbound::Options {
        allow_private: outbound.allow_private,
        proxy: outbound.proxy.clone(),
        extra_ca: outbound.extra_ca.clone(),
        connect_time_max: outbound.connect_secs_max,
        answer_time_max: outbound.answer_secs_max,
        body_bytes_max: usize::try_from(outbound.body_bytes_max).unwrap_or(usize::MAX),
    }
}

/// For `app`.
pub(crate) fn app_options(settings: &Settings, base_url: String) -> Result<cratekeep_app::Options> {
    let limits = &settings.limits;
    Ok(cratekeep_app::Options {
        base_url,
        index_cache_bytes: limits.index_cache_bytes,
        file_cache_bytes: limits.file_cache_bytes,
        file_cache_object_bytes_max: limits.file_cache_object_bytes_max,
        verify: match settings.storage.verify {
            VerifyOnRead::Always => cratekeep_app::Verify::Always,
            VerifyOnRead::Daily => cratekeep_app::Verify::Daily,
        },
        frame: frame_limits(settings),
        archive: archive_limits(settings),
        metadata: metadata_limits(settings),
        inspections_max: limits.inspections_max,
        requests_max: limits.requests_max,
        upload_secs_max: limits.upload_secs_max.as_secs(),
        versions_per_crate_max: limits.versions_per_crate,
        owners_per_request_max: limits.owners_per_request_max,
        search_results_max: limits.search_results_max,
        tokens: cratekeep_app::TokenOptions {
            life_secs_default: settings.tokens.life_secs_default.as_secs(),
            life_secs_max: settings.tokens.life_secs_max.map(|span| span.as_secs()),
            login_secs_default: settings.tokens.login_secs_default.as_secs(),
            login_secs_max: settings.tokens.login_secs_max.as_secs(),
        },
        auth: auth_options(settings)?,
        providers: settings.providers.iter().map(providers::settings_of).collect(),
        trust: trust_options(settings),
        readme: readme_options(settings),
        dumps: settings.dump.enabled,
        sends_mail: settings.mail.url != MailUrl::Off,
        jobs: job_options(settings),
        rates: rates(settings),
        allowed_dependency_indexes: settings.registry.allowed_dependency_indexes.clone(),
        categories: cratekeep_policy::Categories::new(
            settings.registry.standard_categories,
            &settings.registry.categories,
        )
        .map_err(|problem| anyhow::anyhow!("registry.categories: {problem}"))?,
        access: settings.registry.access,
        unknown_dependencies: settings.registry.unknown_dependencies,
        upload_rules: settings.registry.upload_rules,
        audit_keep_days: settings.audit.keep_days,
        orphan_secs_min: i64::try_from(limits.orphan_secs_min.as_secs()).unwrap_or(i64::MAX),
        node: SystemEntropy.bytes()[..8].iter().map(|byte| format!("{byte:02x}")).collect(),
        many_nodes: matches!(database_url(settings)?, DatabaseUrl::Postgres { .. }),
        settle_ms_max: u64::try_from(limits.settle_secs_max.as_millis()).unwrap_or(u64::MAX),
    })
}

fn readme_options(settings: &Settings) -> cratekeep_app::ReadmeOptions {
    let readme = &settings.readme;
    let input_bytes_max = usize::try_from(readme.bytes_max).unwrap_or(usize::MAX);
    let limits = cratekeep_render::Limits { input_bytes_max, ..cratekeep_render::Limits::default() };
    let images = match readme.images {
        ReadmeImages::Direct => cratekeep_render::Images::Direct,
        ReadmeImages::Off => cratekeep_render::Images::Off,
    };
    cratekeep_app::ReadmeOptions { images, limits }
}

fn trust_options(settings: &Settings) -> cratekeep_app::TrustOptions {
    let trust = &settings.trusted_publishing;
    cratekeep_app::TrustOptions {
        audience: trust.audience.clone(),
        github_issuer: trust.github_issuer.clone(),
        github_api: trust.github_api.clone(),
        gitlab_issuer: trust.gitlab_issuer.clone(),
        token_secs: i64::try_from(trust.token_secs.as_secs()).unwrap_or(i64::MAX),
    }
}

/// Who sends letters.
pub(crate) fn mailer(settings: &Settings) -> Result<Mailer> {
    let mail = &settings.mail;
    let login = mail.user.clone().zip(mail.password.clone());
    let place = match &mail.url {
        MailUrl::Off => MailPlace::Off,
        MailUrl::Folder(folder) => MailPlace::Folder(folder.clone()),
        MailUrl::Smtp { host, port, tls } => MailPlace::Smtp(SmtpPlace {
            host: host.clone(),
            port: *port,
            security: match (tls, mail.starttls) {
                (true, _) => SmtpSecurity::Tls,
                (false, StartTls::Required) => SmtpSecurity::StartTls,
                (false, StartTls::Never) => SmtpSecurity::Plain,
            },
            login,
        }),
    };
    let options = MailOptions {
        place,
        from: mail.from.clone().unwrap_or_default(),
        subject_prefix: mail.subject_prefix.clone(),
        step_time_max: mail.step_secs_max,
    };
    Mailer::new(&options).map_err(|problem| anyhow!("mail: {problem}"))
}

fn job_options(settings: &Settings) -> cratekeep_app::JobOptions {
    let jobs = &settings.jobs;
    let secs = |span: std::time::Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
    cratekeep_app::JobOptions {
        tries_max: jobs.tries_max,
        wait_secs_min: secs(jobs.wait_secs_min),
        wait_secs_max: secs(jobs.wait_secs_max),
        run_secs_max: secs(jobs.run_secs_max),
    }
}

fn rates(settings: &Settings) -> cratekeep_app::Rates {
    let rates = &settings.rates;
    cratekeep_app::Rates {
        publish_new: rates.publish_new,
        publish_update: rates.publish_update,
        yank: rates.yank,
        publish_new_inside: rates.publish_new_inside,
        publish_update_inside: rates.publish_update_inside,
        yank_inside: rates.yank_inside,
        sign_in: rates.sign_in,
        sign_in_address: rates.sign_in_address,
        token_report: rates.token_report,
        credential_poll: rates.credential_poll,
        refused_build: rates.refused_build,
        requests: rates.requests,
    }
}

fn auth_options(settings: &Settings) -> Result<cratekeep_app::AuthOptions> {
    let auth = &settings.auth;
    let key = |text: &Option<Secret<String>>| text.as_ref().map(vault_key).transpose();
    Ok(cratekeep_app::AuthOptions {
        allow_plain_http: auth.allow_plain_http,
        session_idle_secs: i64::try_from(auth.session_idle.as_secs()).unwrap_or(i64::MAX),
        session_max_secs: i64::try_from(auth.session_max.as_secs()).unwrap_or(i64::MAX),
        vault_key: key(&auth.vault_key)?,
        vault_key_before: key(&auth.vault_key_before)?,
        password_chars_min: auth.password_chars_min,
        hash_memory_kib: u32::try_from(auth.hash_memory >> 10).unwrap_or(u32::MAX),
        hash_passes: auth.hash_passes,
        hashes_at_once_max: auth.hashes_at_once_max,
    })
}

fn vault_key(text: &Secret<String>) -> Result<Secret<[u8; 32]>> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.expose(), &mut bytes).context("a key of the vault cannot be read")?;
    Ok(Secret::new(bytes))
}

fn frame_limits(settings: &Settings) -> FrameLimits {
    let limits = &settings.limits;
    FrameLimits {
        json_bytes_max: u32::try_from(limits.json_bytes_max).unwrap_or(u32::MAX),
        archive_bytes_max: u32::try_from(limits.archive_bytes_max).unwrap_or(u32::MAX),
    }
}

fn archive_limits(settings: &Settings) -> ArchiveLimits {
    let limits = &settings.limits;
    ArchiveLimits {
        unpacked_bytes_max: limits.unpacked_bytes_max,
        ratio_max: limits.unpacked_ratio_max,
        entries_max: limits.entries_max,
        header_bytes_max: limits.archive_header_bytes_max,
        path_bytes_max: limits.path_bytes_max,
        component_bytes_max: limits.path_part_bytes_max,
        components_max: limits.path_parts_max,
        manifest_bytes_max: limits.manifest_bytes_max,
        manifest_values_max: limits.manifest_values_max,
        readme_bytes_max: limits.readme_bytes_max,
    }
}

fn metadata_limits(settings: &Settings) -> MetadataLimits {
    let limits = &settings.limits;
    MetadataLimits {
        description_bytes_max: limits.description_bytes_max,
        text_bytes_max: limits.text_bytes_max,
        keywords_max: limits.keywords_max,
        keyword_bytes_max: limits.keyword_bytes_max,
        categories_max: limits.categories_max,
        features_max: limits.features_max,
        feature_values_max: limits.feature_values_max,
        dependencies_max: limits.dependencies_max,
        index_line_bytes_max: limits.index_line_bytes_max,
    }
}

/// For the listener. A notification of `reload` makes it read its certificate again.
pub(crate) fn serve_options(settings: &Settings, reload: Arc<Notify>) -> cratekeep_http::serve::Options {
    let (server, limits) = (&settings.server, &settings.limits);
    let tls = server.tls_cert.clone().zip(server.tls_key.clone()).map(|(certificate, key)| {
        cratekeep_http::serve::TlsFiles { certificate, key, poll: server.tls_poll_secs, reload }
    });
    let header = match server.forwarded_header {
        ForwardedHeader::XForwardedFor => cratekeep_http::ForwardedHeader::XForwardedFor,
        ForwardedHeader::Forwarded => cratekeep_http::ForwardedHeader::Forwarded,
    };
    let networks = server.trusted_proxies.clone();
    cratekeep_http::serve::Options {
        trusted_proxies: cratekeep_http::TrustedProxies { networks, header },
        tls,
        connections_max: limits.connections_max,
        head_bytes_max: usize::try_from(limits.head_bytes_max).unwrap_or(usize::MAX),
        head_time_max: limits.head_secs_max,
        stall_time_max: limits.stall_secs_max,
        streams_max: limits.streams_max,
        drain_time_max: server.drain_secs,
    }
}

/// Steps that nobody watches, unless the settings name one at which the process is to die.
pub(crate) fn steps(settings: &Settings) -> Steps {
    let Some(KillAt { step, nth }) = settings.testing.kill_at.clone() else { return Steps::unwatched() };
    let passed = AtomicU64::new(0);
    Steps::watched(Arc::new(move |name| {
        if name == step && passed.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            let _ = kill_process(getpid(), Signal::KILL);
            loop {
                std::thread::park();
            }
        }
    }))
}

/// The system's source of random bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for random bytes")]
    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("a system that cannot give random bytes cannot run a registry");
        bytes
    }
}

#[cfg(test)]
mod tests {
    use cratekeep_config::Sources;

    use super::*;

    #[test]
    fn the_settings_have_the_defaults_of_the_rooms() {
        let settings = Settings::load(&Sources::default()).expect("the defaults are good");
        assert_eq!(frame_limits(&settings), FrameLimits::default());
        assert_eq!(archive_limits(&settings), ArchiveLimits::default());
        assert_eq!(metadata_limits(&settings), MetadataLimits::default());
        let store = store_options(&settings, true).expect("the defaults are good");
        let plain = cratekeep_store::Options::new(store.url.clone());
        assert_eq!(
            (store.connections_max, store.wait_secs_max, store.write_secs_max),
            (plain.connections_max, plain.wait_secs_max, plain.write_secs_max)
        );
        assert_eq!(trust_options(&settings), cratekeep_app::TrustOptions::default());
        assert_eq!(outbound_options(&settings), cratekeep_outbound::Options::default());
        assert_eq!(job_options(&settings), cratekeep_app::JobOptions::default());
        assert!(!mailer(&settings).expect("mail is off").is_on());
        let blob = blob_options(&settings);
        assert_eq!(blob.multipart_bytes_min, cratekeep_blob::MULTIPART_BYTES_MIN);
    }
}
