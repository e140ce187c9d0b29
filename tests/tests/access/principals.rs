//! Everybody who asks in the matrix: what is shown as proof, and how the account behind it stands to registry and crate.

/// Somebody who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Principal {
    /// The head of the column.
    pub(crate) word: &'static str,
    pub(crate) shows: Shows,
    pub(crate) is: Is,
}

/// What is shown as proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Nothing, or something that stands for nobody.
    NoGood,
    /// A token whose account is locked.
    Locked,
    /// A token without named scopes.
    Token,
    /// A token with the least scope that is enough, and no other.
    RightScope,
    /// A token with every scope that is not enough.
    WrongScope,
    /// A token for other crates.
    OtherCrates,
    /// A token for another registry.
    OtherRegistry,
    /// What a build got for its identity, for this crate.
    Build,
    /// The cookie of a session, with what the browser says of the page that sends the request.
    Session(Origin),
}

/// What a browser says of the page that sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Ours,
    Unsaid,
    Foreign,
}

/// How an account stands to the registry and to the crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    /// No account at all.
    Nobody,
    /// No member of the registry, and the crate is not theirs.
    Stranger,
    Reader,
    Publisher,
    RegistryAdministrator,
    /// An owner of the crate, who is a publisher of the registry.
    Owner,
    /// A member of a team that owns the crate, and that is a publisher of the registry.
    TeamMember,
    /// An administrator of the server.
    Administrator,
}

const fn who(word: &'static str, shows: Shows, is: Is) -> Principal {
    Principal { word, shows, is }
}

/// Everybody, in the order of the columns.
pub(crate) const PRINCIPALS: [Principal; 26] = [
    who("nobody", Shows::NoGood, Is::Nobody),
    who("junk", Shows::NoGood, Is::Nobody),
    who("unknown", Shows::NoGood, Is::Nobody),
    who("expired", Shows::NoGood, Is::Nobody),
    who("revoked", Shows::NoGood, Is::Nobody),
    who("locked", Shows::Locked, Is::Owner),
    who("stranger", Shows::Token, Is::Stranger),
    who("reader", Shows::Token, Is::Reader),
    who("publisher", Shows::Token, Is::Publisher),
    who("keeper", Shows::Token, Is::RegistryAdministrator),
    who("admin", Shows::Token, Is::Administrator),
    who("team", Shows::Token, Is::TeamMember),
    who("owner", Shows::Token, Is::Owner),
    who("service", Shows::Token, Is::Owner),
    who("right", Shows::RightScope, Is::Owner),
    who("wrong", Shows::WrongScope, Is::Owner),
    who("elsewhere", Shows::OtherCrates, Is::Owner),
    who("other-reg", Shows::OtherRegistry, Is::Owner),
    who("build", Shows::Build, Is::Nobody),
    who("guest-web", Shows::Session(Origin::Ours), Is::Stranger),
    who("team-web", Shows::Session(Origin::Ours), Is::TeamMember),
    who("owner-web", Shows::Session(Origin::Ours), Is::Owner),
    who("bare-web", Shows::Session(Origin::Unsaid), Is::Owner),
    who("foreign-web", Shows::Session(Origin::Foreign), Is::Owner),
    who("keeper-web", Shows::Session(Origin::Ours), Is::RegistryAdministrator),
    who("admin-web", Shows::Session(Origin::Ours), Is::Administrator),
];

/// The principal of this column.
pub(crate) fn principal(word: &str) -> Principal {
    *PRINCIPALS.iter().find(|who| who.word == word).expect("it heads a column")
}
