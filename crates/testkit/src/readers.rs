//! Index files through the eyes of the libraries that read them: cargo's own type and two releases each of two crates that
//! other tools are built on. One line that one of them does not take hides a whole crate from its users.

use anyhow::{Context, Result, ensure};
use cargo_util_schemas::index::IndexPackage;

/// What every reader must find in a line: number, checksum as lower-case hex, whether it is yanked, how many dependencies.
pub type Read = (String, String, bool, usize);

type Reader = fn(&[u8]) -> Result<Vec<Read>>;

/// Reads an index file with every reader and returns what they all found, in the order of the lines.
///
/// # Errors
/// A reader does not take the file, or finds something else than cargo's own type.
pub fn read_by_all(file: &[u8]) -> Result<Vec<Read>> {
    let cargo = by_cargo(file).context("cargo's own type")?;
    let others: [(&str, Reader); 4] = [
        ("tame-index 0.27", by_tame_index),
        ("tame-index 0.26", by_tame_index_26),
        ("crates-index 4", by_crates_index),
        ("crates-index 3", by_crates_index_3),
    ];
    for (name, reader) in others {
        let read = reader(file).context(name)?;
        ensure!(read == cargo, "{name} reads {read:?}, cargo's own type {cargo:?}");
    }
    Ok(cargo)
}

fn by_cargo(file: &[u8]) -> Result<Vec<Read>> {
    let lines = std::str::from_utf8(file)?.lines();
    let read = lines.map(|line| {
        let entry: IndexPackage<'_> = serde_json::from_str(line).with_context(|| line.to_owned())?;
        let yanked = entry.yanked.context("`yanked` is missing")?;
        Ok((entry.vers.to_string(), entry.cksum, yanked, entry.deps.len()))
    });
    read.collect()
}

fn by_tame_index(file: &[u8]) -> Result<Vec<Read>> {
    let krate = tame_index::IndexKrate::from_slice(file)?;
    let versions = krate.versions.iter();
    Ok(versions.map(|v| (v.version.to_string(), hex::encode(v.checksum.0), v.yanked, v.deps.len())).collect())
}

fn by_tame_index_26(file: &[u8]) -> Result<Vec<Read>> {
    let krate = tame_index_26::IndexKrate::from_slice(file)?;
    let versions = krate.versions.iter();
    Ok(versions.map(|v| (v.version.to_string(), hex::encode(v.checksum.0), v.yanked, v.deps.len())).collect())
}

fn by_crates_index(file: &[u8]) -> Result<Vec<Read>> {
    let krate = crates_index::Crate::from_slice(file)?;
    let read = |v: &crates_index::Version| {
        (v.version().to_owned(), hex::encode(v.checksum()), v.is_yanked(), v.dependencies().len())
    };
    Ok(krate.versions().iter().map(read).collect())
}

fn by_crates_index_3(file: &[u8]) -> Result<Vec<Read>> {
    let krate = crates_index_3::Crate::from_slice(file)?;
    let read = |v: &crates_index_3::Version| {
        (v.version().to_owned(), hex::encode(v.checksum()), v.is_yanked(), v.dependencies().len())
    };
    Ok(krate.versions().iter().map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_reader_refuses_is_told() {
        let line = r#"{"name":"a","vers":"1.0.0","deps":[],"features":{},"yanked":false,"cksum":""#;
        let good = format!("{line}{}\"}}\n", "ab".repeat(32));
        let read = read_by_all(good.as_bytes()).expect("a line that all take");
        assert_eq!(read, [("1.0.0".to_owned(), "ab".repeat(32), false, 0)]);
        let odd = good.replace("\"yanked\":false", "\"yanked\":null");
        assert!(read_by_all(odd.as_bytes()).is_err());
        let null = good.replace("\"deps\":[]", "\"deps\":[],\"links\":null,\"rust_version\":null");
        assert!(
            read_by_all(null.as_bytes())
                .expect_err("one refuses null")
                .to_string()
                .contains("tame-index 0.27")
        );
    }
}
