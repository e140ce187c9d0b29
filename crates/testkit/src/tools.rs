//! Tools from other places that tests run: fetched once by their ordinary clients into the folder for what tests make,
//! in one version each. They are never part of the program.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

/// The checker of accessibility, from npm.
const AXE: &str = "axe-core@4.14.1";
/// SHA-256 of its `axe.min.js`.
const AXE_SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";
/// An OpenID Connect provider that others wrote, from PyPI.
const OIDC_PROVIDER_MOCK: &str = "oidc-provider-mock==0.3.4";

/// The text of axe-core, which finds barriers in the page that it is run in. `folder` is `CARGO_TARGET_TMPDIR`.
///
/// # Errors
/// It is not there and npm cannot fetch it, or it is not the script that we know.
pub fn axe_core(folder: &Path) -> Result<String> {
    let kept = folder.join(format!("{}.min.js", AXE.replace('@', "-")));
    if !kept.is_file() {
        let place = tempfile::tempdir_in(folder)?;
        let mut npm = Command::new("npm");
        npm.args(["pack", "--silent", AXE, "--pack-destination"]).arg(place.path()).current_dir(place.path());
        run(npm, "the Debian package is npm")?;
        let mut packed = fs::read_dir(place.path())?.flatten().map(|entry| entry.path());
        let packed = packed.find(|path| path.extension().is_some_and(|end| end == "tgz"));
        let script = member(&packed.context("npm packed nothing")?, Path::new("package/axe.min.js"))?;
        let part = place.path().join("axe.min.js");
        fs::write(&part, script)?;
        fs::rename(&part, &kept)?;
    }
    let script = fs::read_to_string(&kept)?;
    let sum = hex::encode(Sha256::digest(script.as_bytes()));
    ensure!(sum == AXE_SHA256, "{} has the checksum {sum}, not {AXE_SHA256}", kept.display());
    Ok(script)
}

/// The program of the foreign OpenID Connect provider, in a Python environment of its own. `folder` is
/// `CARGO_TARGET_TMPDIR`.
///
/// # Errors
/// It is not there and cannot be fetched.
pub fn oidc_provider_mock(folder: &Path) -> Result<PathBuf> {
    let home = folder.join(OIDC_PROVIDER_MOCK.replace("==", "-"));
    let (program, whole) = (home.join("bin/oidc-provider-mock"), home.join("whole"));
    if !whole.is_file() {
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&home);
        run(make, "the Debian package is python3-venv")?;
        let mut fetch = Command::new(home.join("bin/pip"));
        fetch.args(["install", "--quiet", "--disable-pip-version-check", OIDC_PROVIDER_MOCK]);
        run(fetch, "pip fetches it from PyPI")?;
        fs::write(&whole, "")?;
    }
    Ok(program)
}

fn run(mut command: Command, hint: &str) -> Result<()> {
    let shown = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{shown} ({hint})"))?;
    if !output.status.success() {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{shown} ended with {} ({hint})\n{out}{err}", output.status);
    }
    Ok(())
}

/// A file out of a `.tgz`.
fn member(archive: &Path, wanted: &Path) -> Result<Vec<u8>> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(archive)?));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()? == wanted {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    bail!("there is no {} in the package", wanted.display())
}
