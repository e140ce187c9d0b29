//! Every call of `crates_io_api`, the client that most programs for crates.io's web API are written with. It knows no
//! other address than crates.io's, so it is told that this server is there.

use std::net::SocketAddr;
use std::time::Duration;

use crates_io_api::{AsyncClient, CratesQuery, Error, Sort};
use futures::StreamExt;

use crate::world::World;

fn client(world: &World) -> AsyncClient {
    let authority = reqwest_12::Certificate::from_pem(world.ca.pem().as_bytes()).expect("an authority");
    let place: SocketAddr = world.server.address().parse().expect("an address");
    let http = reqwest_12::Client::builder()
        .user_agent("a client of crates.io")
        .no_proxy()
        .add_root_certificate(authority)
        .resolve("crates.io", place)
        .build()
        .expect("a client");
    AsyncClient::with_http_client(http, Duration::ZERO)
}

fn names(page: &crates_io_api::CratesPage) -> Vec<&str> {
    page.crates.iter().map(|krate| krate.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_crate_by_every_call() {
    let world = World::start().await;
    let client = client(&world);

    let krate = client.get_crate("groundwork").await.expect("a crate");
    assert_eq!(krate.crate_data.max_version, "1.0.0+built.7");
    assert_eq!(krate.crate_data.max_stable_version.as_deref(), Some("1.0.0+built.7"));
    assert_eq!(krate.versions.len(), 3);
    assert_eq!(krate.keywords.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["ground", "work"]);
    let yanked: Vec<_> = krate.versions.iter().filter(|one| one.yanked).map(|one| one.num.as_str()).collect();
    assert_eq!(yanked, ["0.1.0"]);

    let full = client.full_crate("Upper_Floor", true).await.expect("a crate with everything");
    assert_eq!((full.name.as_str(), full.versions.len(), full.owners.len()), ("Upper_Floor", 1, 1));
    assert_eq!(full.owners[0].login, "ann");
    let needs = client.crate_dependencies("Upper_Floor", "0.1.0").await.expect("its dependencies");
    let mut kinds: Vec<_> = needs.iter().map(|one| (one.crate_id.as_str(), one.kind.as_str())).collect();
    kinds.sort_unstable();
    let ground = "groundwork";
    assert_eq!(kinds, [(ground, "build"), (ground, "dev"), (ground, "normal"), (ground, "normal")]);

    let dependents = client.crate_reverse_dependencies("groundwork").await.expect("its dependents");
    assert_eq!((dependents.meta.total, dependents.dependencies.len()), (1, 1));
    assert_eq!(dependents.dependencies[0].crate_version.crate_name, "Upper_Floor");
    assert_eq!(client.crate_reverse_dependency_count("groundwork").await.expect("a count"), 1);

    assert_eq!(
        client.crate_authors("groundwork", "0.1.0").await.expect("authors").names,
        Vec::<String>::new()
    );
    let owners = client.crate_owners("groundwork").await.expect("owners");
    let downloads = client.crate_downloads("groundwork").await.expect("downloads");
    assert_eq!((owners.len(), downloads.version_downloads.len()), (1, 0));
    let absent = client.get_crate("absent").await;
    assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_people_and_the_summary() {
    let world = World::start().await;
    let client = client(&world);

    let all = CratesQuery::builder().sort(Sort::Alphabetical).build();
    let page = client.crates(all).await.expect("a page");
    assert_eq!((page.meta.total, names(&page)), (3, vec!["groundwork", "linked-sys", "Upper_Floor"]));
    let one_by_one = CratesQuery::builder().sort(Sort::NewlyAdded).page_size(1).build();
    let streamed: Vec<_> =
        client.crates_stream(one_by_one).map(|one| one.expect("a crate").name).collect().await;
    assert_eq!(streamed, ["linked-sys", "Upper_Floor", "groundwork"]);
    for sort in [Sort::Downloads, Sort::RecentDownloads, Sort::RecentUpdates, Sort::Relevance] {
        let page = client.crates(CratesQuery::builder().sort(sort.clone()).build()).await.expect("a page");
        assert_eq!(page.crates.len(), 3, "{sort:?}");
    }
    let found = client.crates(CratesQuery::builder().search("groundwork").build()).await.expect("a page");
    assert_eq!((names(&found)[0], found.crates[0].exact_match), ("groundwork", Some(true)));
    let named = CratesQuery::builder().ids(vec!["linked-sys".to_owned(), "absent".to_owned()]).build();
    assert_eq!(names(&client.crates(named).await.expect("a page")), ["linked-sys"]);
    let kind = CratesQuery::builder().category("data-structures").build();
    assert_eq!(names(&client.crates(kind).await.expect("a page")), ["groundwork"]);

    let ann = client.user("ann").await.expect("a user");
    let hers = CratesQuery::builder().user_id(ann.id).build();
    assert_eq!(client.crates(hers).await.expect("a page").meta.total, 3);
    let summary = client.summary().await.expect("a summary");
    assert_eq!((summary.num_crates, summary.new_crates.len(), summary.just_updated.len()), (3, 3, 1));
    assert_eq!(summary.popular_keywords.len(), 2);
}
