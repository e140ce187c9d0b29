//! After a restart: is everything acknowledged there, on every read path, and everything else whole or absent?

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use cratekeep_testkit::http::RawConnection;
use cratekeep_types::Checksum;
use serde_json::Value;

use crate::dice::Dice;
use crate::ledger::{Id, Sent};

/// How many versions of earlier rounds are downloaded again each time.
const OLD_DOWNLOADS: usize = 5;

/// The questions about one restart. What is wrong is collected, not thrown: one kill may show several things.
pub(crate) struct Inquest<'a> {
    connection: RawConnection,
    token: &'a str,
    dice: &'a mut Dice,
    wrong: Vec<String>,
}

/// What the index says of one version.
#[derive(Clone, Debug)]
struct Listed {
    checksum: String,
    yanked: bool,
}

type Index = BTreeMap<Id, Listed>;

impl<'a> Inquest<'a> {
    pub(crate) fn open(address: &str, token: &'a str, dice: &'a mut Dice) -> Result<Self> {
        Ok(Self { connection: RawConnection::open(address)?, token, dice, wrong: Vec::new() })
    }

    /// Asks everything about `crates`, whose versions are in the ledgers. `touched` are those of the last round. What
    /// was open is settled in the ledgers. Returns what is wrong.
    pub(crate) fn hold(
        mut self,
        crates: &[String],
        ledgers: &mut [&mut Vec<Sent>],
        touched: &[Vec<usize>],
    ) -> Result<Vec<String>> {
        let index = self.read_index(crates)?;
        let mut known = BTreeSet::new();
        for ledger in ledgers.iter_mut() {
            for sent in ledger.iter_mut().filter(|sent| crates.contains(&sent.id.krate)) {
                known.insert(sent.id.clone());
                self.settle(sent, index.get(&sent.id));
            }
        }
        for id in index.keys().filter(|id| !known.contains(*id)) {
            self.wrong.push(format!("{id:?} is in the index and was never sent"));
        }
        for (ledger, touched) in ledgers.iter_mut().zip(touched) {
            for at in self.worth_asking(ledger, touched) {
                self.download(&ledger[at])?;
                self.publish_again(&mut ledger[at])?;
            }
        }
        self.search(crates, ledgers)?;
        Ok(self.wrong)
    }

    fn read_index(&mut self, crates: &[String]) -> Result<Index> {
        let mut index = Index::new();
        for krate in crates {
            let path = format!("/index/{}", cratekeep_wire::sparse_path(krate));
            let reply = self.connection.request("GET", &path, &[], b"")?;
            if reply.status == 404 {
                continue;
            }
            if reply.status != 200 {
                self.wrong.push(format!("the index file of {krate}: {} {}", reply.status, reply.text()));
                continue;
            }
            for line in reply.text().lines() {
                let (id, listed) = read_line(line)?;
                if index.insert(id.clone(), listed).is_some() {
                    self.wrong.push(format!("{id:?} is twice in the index"));
                }
            }
        }
        Ok(index)
    }

    /// Compares one version with its line; from now on what was open is what the line says.
    fn settle(&mut self, sent: &mut Sent, listed: Option<&Listed>) {
        let Some(listed) = listed else {
            if sent.acknowledged {
                self.wrong.push(format!("{:?} was acknowledged and is not in the index", sent.id));
            }
            return;
        };
        if listed.checksum != sent.checksum {
            let (id, theirs, ours) = (&sent.id, &listed.checksum, &sent.checksum);
            self.wrong.push(format!("{id:?} has the checksum {theirs} in the index, sent was {ours}"));
        }
        if !sent.may_be_yanked(listed.yanked) {
            let (id, yanked) = (&sent.id, listed.yanked);
            self.wrong
                .push(format!("{id:?} has yanked = {yanked} in the index, acknowledged was the opposite"));
        }
        (sent.acknowledged, sent.yanked, sent.yank_asked) = (true, listed.yanked, None);
    }

    /// Everything of the last round and a few others.
    fn worth_asking(&mut self, ledger: &[Sent], touched: &[usize]) -> BTreeSet<usize> {
        let all: Vec<usize> = (0..ledger.len()).collect();
        let old = (0..OLD_DOWNLOADS).filter_map(|_| self.dice.pick(&all).copied());
        touched.iter().copied().chain(old).collect()
    }

    /// What is in the index can be downloaded, what is not cannot.
    fn download(&mut self, sent: &Sent) -> Result<()> {
        let path = format!("/crates/{}/{}/download", sent.id.krate, sent.id.version());
        let reply = self.connection.request("GET", &path, &[], b"")?;
        let found = Checksum::of(&reply.body).to_string();
        match (reply.status, sent.acknowledged) {
            (200, true) if found == sent.checksum => {}
            (404, false) => {}
            (200, true) => self.wrong.push(format!("the download of {:?} has the checksum {found}", sent.id)),
            (status, in_index) => {
                let (id, text) = (&sent.id, if status == 200 { String::new() } else { reply.text() });
                self.wrong
                    .push(format!("the download of {id:?} (in the index: {in_index}): {status} {text}"));
            }
        }
        Ok(())
    }

    /// The same bytes again are a success that tells whether they were there; other bytes then are a conflict.
    fn publish_again(&mut self, sent: &mut Sent) -> Result<()> {
        let headers = [("Authorization", self.token)];
        let same = sent.id.upload().frame();
        let reply = self.connection.request("PUT", "/api/v1/crates/new", &headers, &same)?;
        let text = reply.text();
        let says_there = text.contains("already published");
        if reply.status != 200 || says_there != sent.acknowledged {
            let (id, there, status) = (&sent.id, sent.acknowledged, reply.status);
            self.wrong.push(format!("{id:?} once more (in the index: {there}): {status} {text}"));
        }
        sent.acknowledged |= reply.status == 200;
        let other = sent.id.other_upload().frame();
        let reply = self.connection.request("PUT", "/api/v1/crates/new", &headers, &other)?;
        if reply.status != 409 || !reply.text().contains(&sent.checksum) {
            let (id, status, text) = (&sent.id, reply.status, reply.text());
            self.wrong.push(format!("{id:?} with other bytes: {status} {text}"));
        }
        Ok(())
    }

    /// Search shows the highest version that is not yanked, or the highest of all.
    fn search(&mut self, crates: &[String], ledgers: &[&mut Vec<Sent>]) -> Result<()> {
        for krate in crates {
            let sent = ledgers.iter().flat_map(|ledger| ledger.iter());
            let there: Vec<_> = sent.filter(|sent| sent.acknowledged && sent.id.krate == *krate).collect();
            let live = there.iter().filter(|sent| !sent.yanked).map(|sent| &sent.id).max();
            let Some(highest) = live.or_else(|| there.iter().map(|sent| &sent.id).max()) else { continue };
            let reply = self.connection.request("GET", &format!("/api/v1/crates?q={krate}"), &[], b"")?;
            let body: Value = serde_json::from_slice(&reply.body).context("search answers JSON")?;
            let hits = body["crates"].as_array().into_iter().flatten();
            let found = hits.filter(|hit| hit["name"] == *krate).map(|hit| &hit["max_version"]).next();
            if found.and_then(Value::as_str) != Some(&highest.version()) {
                self.wrong
                    .push(format!("search shows {found:?} of {krate}, its highest is {}", highest.version()));
            }
        }
        Ok(())
    }
}

fn read_line(line: &str) -> Result<(Id, Listed)> {
    let line: Value = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
    let text =
        |key: &str| line[key].as_str().map(str::to_owned).with_context(|| format!("no {key} in {line}"));
    let nums: Vec<u32> =
        text("vers")?.split('.').map(str::parse).collect::<Result<_, _>>().context("three numbers")?;
    let num = nums.try_into().map_err(|nums| anyhow::anyhow!("{nums:?} are not three numbers"))?;
    let yanked = line["yanked"].as_bool().context("yanked is there")?;
    Ok((Id { krate: text("name")?, num }, Listed { checksum: text("cksum")?, yanked }))
}
