//! Every kind of damage is found, named, and nothing else is.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};

use cratekeep_app::VerifyDepth::{self, Blobs, Rows};
use cratekeep_types::Checksum;

use crate::house::{DAY, House, upload};

/// A house with three versions, the second of which comes to harm.
struct Victim {
    house: House,
    checksum: Checksum,
}

impl Victim {
    async fn raise() -> Self {
        let house = House::build().await;
        house.publish(&upload("demo", "1.0.0")).await;
        let checksum = house.publish(&upload("demo", "1.0.1")).await;
        house.publish(&upload("quiet", "0.1.0")).await;
        house.expect_well().await;
        Self { house, checksum }
    }

    /// Exactly these findings: each text stands in the finding at its place.
    async fn expect(&self, depth: VerifyDepth, expected: &[&str]) {
        let findings = self.house.findings(depth).await;
        let fits = |(finding, expected): (&String, &&str)| finding.contains(*expected);
        assert!(
            findings.len() == expected.len() && findings.iter().zip(expected).all(fits),
            "expected {expected:#?}, found {findings:#?}"
        );
    }

    async fn harm(&self, sql: &'static str) {
        self.house.sql(sql).await;
    }
}

#[tokio::test]
async fn a_house_in_order_has_no_findings_and_a_summary() {
    let victim = Victim::raise().await;
    let report = victim.house.app.verify(Rows).await.expect("an answer");
    assert_eq!(report.findings, Vec::<String>::new());
    assert!(report.summary[0].contains("2 crates and 3 versions"), "{:?}", report.summary);
}

#[tokio::test]
async fn a_changed_line_is_found_by_the_head_and_by_what_it_says() {
    let victim = Victim::raise().await;
    victim.harm("UPDATE version SET line = REPLACE(line, '^1', '^2') WHERE num = '1.0.1'").await;
    victim.expect(Rows, &["main/demo: an index line is not the one"]).await;
    victim.harm("UPDATE version SET line = REPLACE(line, 'demo', 'dema') WHERE num = '1.0.1'").await;
    victim
        .expect(
            Rows,
            &["main/demo 1.0.1: its index line says name `dema`", "main/demo: an index line is not"],
        )
        .await;
    victim.harm("UPDATE version SET line = 'none' WHERE num = '1.0.1'").await;
    victim
        .expect(
            Rows,
            &["main/demo 1.0.1: the index line `none` cannot be read", "main/demo: its index file is"],
        )
        .await;
}

#[tokio::test]
async fn a_changed_head_is_found() {
    let victim = Victim::raise().await;
    victim.harm("UPDATE krate SET index_etag = '\"0\"' WHERE canon = 'demo'").await;
    victim.expect(Rows, &["main/demo: its index file has the ETag \"0\""]).await;
    victim.harm("UPDATE krate SET index_fold = zeroblob(32) WHERE canon = 'demo'").await;
    victim.expect(Rows, &["main/demo: an index line is not the one that the head"]).await;
    victim.harm("UPDATE krate SET index_length = 7 WHERE canon = 'demo'").await;
    victim.expect(Rows, &["main/demo: its index file is kept as 7 bytes long"]).await;
}

#[tokio::test]
async fn a_flag_that_the_line_does_not_have_is_found() {
    let victim = Victim::raise().await;
    victim.harm("UPDATE version SET yanked = 1 WHERE num = '1.0.1'").await;
    victim
        .expect(
            Rows,
            &["main/demo 1.0.1: its index line says yanked `no` and its row says `yes`; run `cargo yank`"],
        )
        .await;
}

#[tokio::test]
async fn a_missing_and_a_foreign_dependency_are_found() {
    let victim = Victim::raise().await;
    victim
        .harm("UPDATE dependency SET kind = 'dev' WHERE version_id = (SELECT id FROM version WHERE num = '1.0.1')")
        .await;
    victim
        .expect(Rows, &["main/demo 1.0.1: its index line and the table of dependencies differ: dev `other` only in the table"])
        .await;
    victim.harm("DELETE FROM dependency WHERE kind = 'dev'").await;
    victim.expect(Rows, &["normal `other` only in the line"]).await;
}

#[tokio::test]
async fn a_missing_file_is_found() {
    let victim = Victim::raise().await;
    fs::remove_file(victim.house.path_of(&victim.checksum)).expect("it is there");
    for depth in [Rows, Blobs] {
        victim.expect(depth, &[&format!("main/demo 1.0.1: its file {} is not in", victim.checksum)]).await;
    }
    // The finding says that publishing again mends it.
    victim.house.publish(&upload("demo", "1.0.1")).await;
    victim.house.expect_well().await;
}

#[tokio::test]
async fn a_truncated_file_is_found() {
    let victim = Victim::raise().await;
    let path = victim.house.path_of(&victim.checksum);
    OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(9)).expect("a short file");
    victim.expect(Rows, &["main/demo 1.0.1: its file"]).await;
    victim.expect(Blobs, &["is damaged: 9 bytes with the checksum"]).await;
}

#[tokio::test]
async fn a_flipped_byte_is_found_by_reading() {
    let victim = Victim::raise().await;
    let path = victim.house.path_of(&victim.checksum);
    let byte = fs::read(&path).expect("it is there")[20] ^ 1;
    let mut file = OpenOptions::new().write(true).open(&path).expect("it is there");
    file.seek(SeekFrom::Start(20)).and_then(|_| file.write_all(&[byte])).expect("one byte");
    victim.expect(Rows, &[]).await;
    victim.expect(Blobs, &["main/demo 1.0.1: its file"]).await;
}

#[tokio::test]
async fn a_row_that_no_version_names_and_a_version_without_row_are_found() {
    let victim = Victim::raise().await;
    victim.harm("UPDATE blob SET checksum = zeroblob(32) WHERE checksum = (SELECT checksum FROM version WHERE num = '1.0.1')").await;
    let orphan = format!("no version names the object {}", "0".repeat(64));
    let lacking = "main/demo 1.0.1: the table of stored objects does not have its file";
    victim.expect(Rows, &[lacking, &orphan]).await;
}

#[tokio::test]
async fn a_row_that_is_not_live_is_found() {
    let victim = Victim::raise().await;
    victim.harm("UPDATE blob SET state = 'deleting' WHERE checksum = (SELECT checksum FROM version WHERE num = '1.0.1')").await;
    victim.expect(Rows, &["main/demo 1.0.1: the table of stored objects has its file as deleting"]).await;
}

#[tokio::test]
async fn an_object_without_row_is_found_once_it_is_old() {
    let victim = Victim::raise().await;
    let checksum = victim.house.put(b"nobody wants me").await;
    victim.expect(Rows, &[]).await;
    victim.house.clock.advance_secs(DAY);
    victim.expect(Rows, &[&format!("the object {checksum} of 15 bytes")]).await;
}

#[tokio::test]
async fn a_gap_in_the_events_and_a_wrong_counter_are_found() {
    let victim = Victim::raise().await;
    victim.harm("DELETE FROM event WHERE number = 2").await;
    victim.expect(Rows, &["the event log lacks the event 2"]).await;
    // Every write counts one on, so the last event is deleted with the counter left where it is.
    victim.harm("DELETE FROM event WHERE number = (SELECT MAX(number) FROM event)").await;
    victim.expect(Rows, &["lacks the event 2", "the last event has the number"]).await;
}

#[tokio::test]
async fn a_volume_that_is_not_ours_is_one_finding() {
    let victim = Victim::raise().await;
    fs::remove_file(victim.house.folder.path().join("blobs/cratekeep-volume")).expect("it is there");
    victim.expect(Blobs, &["stored objects were not looked at"]).await;
}

#[tokio::test]
async fn publishes_and_yanks_beside_it_are_no_findings() {
    let victim = Victim::raise().await;
    let house = &victim.house;
    let publishing = async {
        for patch in 2..30 {
            house.publish(&upload("demo", &format!("1.0.{patch}"))).await;
            house.yank("demo", "1.0.0", patch % 2 == 0).await;
        }
    };
    let verifying = async {
        for _ in 0..12 {
            assert_eq!(house.findings(Rows).await, Vec::<String>::new());
        }
    };
    tokio::join!(publishing, verifying);
    house.expect_well().await;
}
