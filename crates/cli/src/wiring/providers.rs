//! The sign-in providers of the settings as `app` and `outbound` want them.

use cratekeep_app::{ProviderKind, ProviderSettings, ProxySettings};
use cratekeep_config::{ForgeProvider, Provider, ProviderKind as Configured};
use cratekeep_outbound::provider::{ForgeOptions, OidcOptions, ProviderOptions};

/// A provider as `app` wants it.
pub(super) fn settings_of(provider: &Provider) -> ProviderSettings {
    ProviderSettings {
        name: provider.name.clone(),
        title: provider.title.clone(),
        signs_up: provider.signs_up,
        allowed_groups: provider.allowed_groups.clone(),
        allowed_domains: provider.allowed_domains.clone(),
        groups: provider.groups.clone(),
        kind: match &provider.kind {
            Configured::Oidc(oidc) => ProviderKind::Asked(ProviderOptions::Oidc(OidcOptions {
                issuer: oidc.issuer.clone(),
                client_id: oidc.client_id.clone(),
                client_secret: oidc.client_secret.clone(),
                scopes: oidc.scopes.clone(),
                login_claim: oidc.login_claim.clone(),
                groups_claim: oidc.groups_claim.clone(),
            })),
            Configured::GitHub(forge) => ProviderKind::Asked(ProviderOptions::GitHub(forge_options(forge))),
            Configured::GitLab(forge) => ProviderKind::Asked(ProviderOptions::GitLab(forge_options(forge))),
            Configured::Proxy(proxy) => ProviderKind::Proxy(ProxySettings {
                networks: proxy.networks.clone(),
                user_header: proxy.user_header.clone(),
                login_header: proxy.login_header.clone(),
                email_header: proxy.email_header.clone(),
                groups_header: proxy.groups_header.clone(),
            }),
        },
    }
}

fn forge_options(forge: &ForgeProvider) -> ForgeOptions {
    ForgeOptions {
        url: forge.url.clone(),
        api_url: forge.api_url.clone(),
        client_id: forge.client_id.clone(),
        client_secret: forge.client_secret.clone(),
        scopes: forge.scopes.clone(),
    }
}
