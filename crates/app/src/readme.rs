//! The readme of a version, for pages, for clients and for searching.

use bytes::Bytes;
use cratekeep_store::version::VersionRow;
use cratekeep_types::{Checksum, CrateName, VersionId, VersionNum};

use crate::describe::words_key;
use crate::reading::version_num;
use crate::{App, AppError, Caller, RegistryView};

/// A readme that was rendered before or just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadmePage {
    /// The crate, as published.
    pub krate: CrateName,
    /// The version, as published.
    pub num: VersionNum,
    /// Clean HTML in UTF-8, a fragment: put it into a page as it is, unescaped. Its links are absolute or lead to ids of
    /// its own, which begin with `user-content-`; code has the classes of `cratekeep_render::CLASSES`.
    pub html: Bytes,
    /// Names these bytes: quoted, as `ETag` has it.
    pub etag: String,
}

impl App {
    /// The readme of a version as HTML, for whoever may see the crate; `None` when the version has none.
    ///
    /// This is what a page calls: `app.readme(&caller, &registry, "serde", "1.0.0").await?`. The first call for a
    /// version may take as long as rendering takes, later ones read an object. Where [`App::readme_has_images`] says
    /// so, the page's Content-Security-Policy has to allow `img-src https: http:`.
    ///
    /// # Errors
    /// As for [`App::show_version`]; [`AppError::Unavailable`] when too many are being rendered.
    pub async fn readme(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        num: &str,
    ) -> Result<Option<ReadmePage>, AppError> {
        let (krate, version) = self.visible_version(caller, registry, name, num).await?;
        let key = self.html_key(&version.checksum)?;
        let html = match self.kept(&key).await {
            Some(html) => html,
            None => self.describe(&krate, &version).await?.html,
        };
        let etag = format!("\"{}\"", Checksum::of(&html));
        Ok((!html.is_empty()).then_some(ReadmePage { krate, num: version.num, html, etag }))
    }

    /// Whether readmes may have images, which browsers then load from elsewhere.
    #[must_use]
    pub fn readme_has_images(&self) -> bool {
        self.options.readme.images == cratekeep_render::Images::Direct
    }

    /// The words of a version's readme without marks, for an index of words; empty when it has none. Not for showing,
    /// and without a question of rights: whoever builds an index decides who may search it.
    ///
    /// # Errors
    /// When database or storage do not answer, or too many archives are just looked into.
    pub async fn readme_words(&self, id: VersionId) -> Result<String, AppError> {
        let (krate, version) = {
            let mut conn = self.store.read().await?;
            let Some(version) = cratekeep_store::version::find_by_id(&mut conn, id).await? else {
                return Ok(String::new());
            };
            match cratekeep_store::krate::find_by_id(&mut conn, version.krate).await? {
                Some(krate) => (krate.name, version),
                None => return Ok(String::new()),
            }
        };
        let words = match self.kept(&words_key(&version.checksum)?).await {
            Some(words) => words,
            None => self.describe(&krate, &version).await?.words,
        };
        Ok(String::from_utf8_lossy(&words).into_owned())
    }

    async fn visible_version(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        num: &str,
    ) -> Result<(CrateName, VersionRow), AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let parsed = version_num(num)?;
        let mut conn = self.store.read().await?;
        let version = cratekeep_store::version::find(&mut conn, krate.id, &parsed)
            .await?
            .ok_or_else(|| AppError::no_version(krate.name.as_str(), num))?;
        Ok((krate.name, version))
    }
}
