//! Tar entries byte by byte, so that a test can write what no tar program would. Nothing here is checked.

/// Size of a tar block in bytes.
const BLOCK: usize = 512;
/// How many bytes of a path fit into a header.
const NAME_BYTES: usize = 100;
/// The one time cargo gives every entry: 2006-07-24.
const MTIME: u64 = 1_153_704_088;

/// One entry of a tar file, with every field open to spoiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEntry {
    /// The whole path, also of the top folder.
    pub path: Vec<u8>,
    /// `0` a regular file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` folder, `6` pipe,
    /// `L` and `K` long names, `x` and `g` PAX headers, `S` sparse, or anything else.
    pub type_flag: u8,
    /// What a link points to.
    pub link: Vec<u8>,
    /// The bytes that follow the header.
    pub content: Vec<u8>,
    /// The size that the header claims, if it is not that of `content`.
    pub claimed_size: Option<u64>,
    /// Permissions.
    pub mode: u32,
    /// Whether the header's checksum is right.
    pub checksum_is_right: bool,
}

impl RawEntry {
    /// A regular file.
    pub fn file(path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            type_flag: b'0',
            link: Vec::new(),
            content: content.as_ref().to_owned(),
            claimed_size: None,
            mode: 0o644,
            checksum_is_right: true,
        }
    }

    /// An entry without content, of any type.
    pub fn special(path: impl AsRef<[u8]>, type_flag: u8) -> Self {
        Self { type_flag, ..Self::file(path, "") }
    }

    /// A folder.
    pub fn folder(path: impl AsRef<[u8]>) -> Self {
        Self { mode: 0o755, ..Self::special(path, b'5') }
    }

    /// A symbolic link.
    pub fn symlink(path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        Self { link: target.as_ref().to_owned(), ..Self::special(path, b'2') }
    }

    /// A hard link.
    pub fn hard_link(path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        Self { type_flag: b'1', ..Self::symlink(path, target) }
    }

    /// A PAX header with one record, for the entry that follows it.
    pub fn pax(key: &str, value: &str) -> Self {
        Self { type_flag: b'x', ..Self::file("PaxHeaders.0/entry", pax_record(key, value)) }
    }

    /// Adds the blocks of this entry to `tar`. A path over 100 bytes gets a GNU long-name entry before it, as cargo
    /// writes it.
    pub fn write(&self, tar: &mut Vec<u8>) {
        if self.path.len() > NAME_BYTES {
            let mut content = self.path.clone();
            content.push(0);
            Self { type_flag: b'L', ..Self::file("././@LongLink", content) }.write(tar);
        }
        tar.extend_from_slice(&self.header());
        tar.extend_from_slice(&self.content);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    }

    fn header(&self) -> [u8; BLOCK] {
        let mut header = [0; BLOCK];
        let size = self.claimed_size.unwrap_or(self.content.len() as u64);
        put(&mut header[..NAME_BYTES], &self.path);
        put(&mut header[100..108], format!("{:07o}\0", self.mode).as_bytes());
        put(&mut header[124..136], format!("{size:011o}\0").as_bytes());
        put(&mut header[136..148], format!("{MTIME:011o}\0").as_bytes());
        put(&mut header[148..156], b"        ");
        header[156] = self.type_flag;
        put(&mut header[157..257], &self.link);
        put(&mut header[257..265], b"ustar  \0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        let sum = if self.checksum_is_right { sum } else { sum + 1 };
        put(&mut header[148..156], format!("{sum:06o}\0 ").as_bytes());
        header
    }
}

/// One record of a PAX header: its own length, a key and a value.
fn pax_record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut len = rest.len() + 1;
    while format!("{len}{rest}").len() != len {
        len += 1;
    }
    format!("{len}{rest}")
}

/// Copies as much of `text` into `field` as fits.
fn put(field: &mut [u8], text: &[u8]) {
    let len = field.len().min(text.len());
    field[..len].copy_from_slice(&text[..len]);
}
