//! Crates of every kind that pages have to be fit for.

use anyhow::Result;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::publish::{Target, Upload};
use http::Method;

use crate::scene::{ADMINISTRATOR, Scene};

/// The longest name that there can be.
pub(crate) const LONGEST: &str = "the-longest-name-that-a-crate-can-have-which-nobody-would-choose";
/// How many versions the crate with many has.
const MANY: u32 = 60;
const README: &str = "# stone\n\nA [link](docs/guide.md) and `code`.\n\n```rust\nfn main() { stone::lay(1); }\n```\n\n\
    | Feature | What it does, in a sentence that is too long for a phone |\n|---|---|\n| `tls` | rustls |\n\n\
    > [!NOTE]\n> An alert.\n\n- [x] done\n- [ ] to do\n";

/// Publishes them.
pub(crate) async fn fill(scene: &Scene) -> Result<()> {
    let token = scene.server.token(ADMINISTRATOR, &[])?;
    let index = format!("sparse+{}/index/", scene.base);
    let shelf = Shelf { client: HttpClient::plain(&scene.base)?, token, index };
    let words = "keywords = [\"wall\", \"stone\"]";
    for version in ["0.9.0", "1.0.0", "1.1.0", "1.2.0", "2.0.0-rc.1"] {
        let stone = ArchiveBuilder::new("stone", version).readme(README).package_line(words);
        let stone = stone.package_line("categories = [\"development-tools\", \"encoding\"]");
        let stone = stone.package_line("rust-version = \"1.75\"");
        let stone = stone.package_line("repository = \"https://example.org/stone\"");
        shelf.put(stone.table("[features]\ndefault = [\"tls\"]\ntls = []\nfull = [\"tls\"]")).await?;
    }
    let needs = |section: &str, name: &str, more: &str| {
        format!("[{section}.{name}]\nversion = \"1.0\"\nregistry-index = \"{}\"\n{more}", shelf.index)
    };
    let mortar =
        ArchiveBuilder::new("mortar", "0.1.0").table(&needs("dependencies", "stone", "optional = true"));
    let mortar = mortar.table(&needs("dev-dependencies", "stone", "features = [\"full\"]"));
    shelf
        .put(
            mortar
                .file("src/main.rs", "fn main() {}")
                .table("[[bin]]\nname = \"mortar\"\npath = \"src/main.rs\""),
        )
        .await?;
    let long =
        ArchiveBuilder::new(LONGEST, "0.0.1-alpha.1234567890123456789+build.20260101.deadbeefdeadbeef");
    let sentence =
        "A sentence that goes on and on, so that one sees how it is set in lists and above the facts; ";
    shelf.put(long.package_line(&format!("description = \"{}\"", sentence.repeat(3)))).await?;
    shelf.put(ArchiveBuilder::new("ruin", "1.0.0").readme("# ruin")).await?;
    shelf.send(Method::DELETE, "/api/v1/crates/ruin/1.0.0/yank").await?;
    for number in 0..MANY {
        shelf.put(ArchiveBuilder::new("many", &format!("0.{}.{}", number / 10, number % 10))).await?;
    }
    shelf.send(Method::DELETE, "/api/v1/crates/many/0.3.3/yank").await?;
    for version in ["1.0.0", "1.2.0"] {
        shelf.send(Method::GET, &format!("/crates/stone/{version}/download")).await?;
    }
    Ok(())
}

struct Shelf {
    client: HttpClient,
    token: String,
    index: String,
}

impl Shelf {
    async fn put(&self, built: ArchiveBuilder) -> Result<()> {
        let upload = Upload::of(&built, Target::Registry(&self.index))?;
        let request = self.client.put("/api/v1/crates/new", upload.frame()).token(&self.token);
        let reply = request.send().await?;
        anyhow::ensure!(reply.status == 200, "{}: {}", upload.json["name"], reply.text());
        Ok(())
    }

    async fn send(&self, method: Method, path: &str) -> Result<()> {
        let reply = self.client.request(method, path).token(&self.token).send().await?;
        anyhow::ensure!(reply.status == 200, "{path}: {}", reply.status);
        Ok(())
    }
}
