//! Every line of the index, read by five readers.

use cratekeep_testkit::readers::read_by_all;
use cratekeep_wire::sparse_path;

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_reads_every_line() {
    let world = World::start().await;
    let mut found = Vec::new();
    for name in ["groundwork", "upper_floor", "linked-sys"] {
        let path = format!("/index/{}", sparse_path(name));
        let file = world.http.get(&path).send().await.expect("an answer").expect_status(200);
        let read = read_by_all(&file.body).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        found.extend(read.into_iter().map(|(version, _, yanked, deps)| (name, version, yanked, deps)));
    }
    let expected = [
        ("groundwork", "0.1.0", true, 0),
        ("groundwork", "1.0.0-rc.1", false, 0),
        ("groundwork", "1.0.0+built.7", false, 0),
        ("upper_floor", "0.1.0", false, 4),
        ("linked-sys", "3.2.1", false, 0),
    ];
    let expected = expected.map(|(name, version, yanked, deps)| (name, version.to_owned(), yanked, deps));
    assert_eq!(found, expected);
}
