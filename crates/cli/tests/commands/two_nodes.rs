//! Two servers on one PostgreSQL database and one bucket: commands reach both, without a socket and without a lock.

use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::postgres::TestDatabase;
use cratekeep_testkit::s3::{self, S3Server};
use cratekeep_testkit::server::{Server, ServerSpec};

use crate::{program, refused, said};

fn node(database: &TestDatabase, bucket: &S3Server) -> ServerSpec {
    program()
        .env("CRATEKEEP_SERVER__BASE_URL", "https://crates.example")
        .env("CRATEKEEP_DATABASE__URL", database.url())
        .env("CRATEKEEP_STORAGE__URL", format!("s3://{}/prefix", s3::BUCKET))
        .env("CRATEKEEP_STORAGE__ENDPOINT", bucket.endpoint())
        .env("CRATEKEEP_STORAGE__ACCESS_KEY", s3::ACCESS_KEY)
        .env("CRATEKEEP_STORAGE__SECRET_KEY", s3::SECRET_KEY)
        .env("CRATEKEEP_STORAGE__PATH_STYLE", "true")
}

async fn status_with(server: &Server, token: &str) -> u16 {
    let client = HttpClient::plain(server.url()).expect("a client");
    let reply = client.get("/r/team/index/config.json").token(token).send().await.expect("an answer");
    reply.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_command_does_every_node_knows_when_it_returns() {
    let database = TestDatabase::create().await.expect("PostgreSQL is installed");
    let bucket = S3Server::start().expect("an S3 server in this process");
    let first = node(&database, &bucket).start().expect("the first node starts");
    let second = node(&database, &bucket).start().expect("the second node starts");
    second.admin(&["registry", "create", "team", "--access", "internal"]).expect("it is made");
    let token = first.user("ann").expect("it is made");
    assert_eq!((status_with(&first, &token).await, status_with(&second, &token).await), (200, 200));

    // A command needs neither node's folder: any machine with the settings will do.
    let elsewhere = first.place().join("elsewhere").display().to_string();
    let revoke = ["admin", "token", "revoke", "1", "--data-dir", &elsewhere];
    said(&node(&database, &bucket).run(&revoke).expect("the program can be started"));
    assert_eq!((status_with(&first, &token).await, status_with(&second, &token).await), (401, 401));

    let in_the_way = first.command(&["serve", "--listen", "127.0.0.1:0"]).expect("it runs");
    assert!(refused(&in_the_way).contains("name another folder with --data-dir"));
    said(&first.command(&["verify"]).expect("it runs"));
    said(&first.command(&["doctor"]).expect("it runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_another_server_is_noticed() {
    let bucket = S3Server::start().expect("an S3 server in this process");
    let mut databases = Vec::new();
    for _ in 0..2 {
        databases.push(TestDatabase::create().await.expect("PostgreSQL is installed"));
    }
    let _first = node(&databases[0], &bucket).start().expect("the first server starts");
    let other = node(&databases[1], &bucket).run(&["serve", "--listen", "127.0.0.1:0"]);
    let errors = refused(&other.expect("the program can be started"));
    assert!(errors.contains("belongs to another server"), "{errors}");
}
