//! What every principal is to be answered, from the need of the route, the access of the registry and who asks. Written
//! down apart from the policy of the server, so that neither follows the other unseen; the table that it makes is the
//! snapshot a reviewer reads.

use cratekeep_http::Need;
use cratekeep_types::Access;
use http::Method;

use crate::principals::{Is, Origin, PRINCIPALS, Principal, Shows};

/// What is answered to whom has the right, whatever the status.
pub(crate) const OK: &str = "ok";
/// To whom we do not know.
const WHO: &str = "401";
/// To whom we know.
const NO: &str = "403";
/// To who shows something else where a token is to be shown.
const NO_TOKEN: &str = "400";

/// The answer that a principal is to get from a route.
pub(crate) fn expected(need: Need, method: &Method, access: Access, who: &Principal) -> &'static str {
    // A browser says that a page of ours asks for a change, or there is none.
    if is_from_elsewhere(who) && !method.is_safe() {
        return NO;
    }
    if matches!(need, Need::Nothing | Need::OwnProof) || (need == Need::Read && access == Access::Open) {
        return OK;
    }
    match who.shows {
        Shows::NoGood => return WHO,
        Shows::Locked => return NO,
        _ => {}
    }
    if need == Need::OwnToken && matches!(who.shows, Shows::Build | Shows::Session(_)) {
        return NO_TOKEN;
    }
    if is_about_registry(need) && !reads(access, who) {
        return NO;
    }
    if may(need, who) { OK } else { NO }
}

fn is_from_elsewhere(who: &Principal) -> bool {
    matches!(who.shows, Shows::Session(Origin::Unsaid | Origin::Foreign))
}

fn is_about_registry(need: Need) -> bool {
    !matches!(need, Need::OwnAccount | Need::OwnToken | Need::SignedIn | Need::Administer)
}

/// Whether somebody whose proof is good may read the registry. A closed one is for its members.
fn reads(access: Access, who: &Principal) -> bool {
    match access {
        Access::Open => true,
        Access::Internal => who.shows != Shows::OtherRegistry,
        Access::Closed => who.shows != Shows::OtherRegistry && who.is != Is::Stranger,
    }
}

/// Whether somebody who may read may do more.
fn may(need: Need, who: &Principal) -> bool {
    let is_session = matches!(who.shows, Shows::Session(_));
    let stands_for_account = is_session || who.shows == Shows::Token;
    let has_scope = stands_for_account || who.shows == Shows::RightScope;
    let administers = matches!(who.is, Is::RegistryAdministrator | Is::Administrator);
    let owns = who.is == Is::Owner || administers;
    // The right scope to administer is in a token of an administrator of the server; without a name no token has it.
    let administers_server = who.shows == Shows::RightScope || (is_session && who.is == Is::Administrator);
    match need {
        Need::Nothing | Need::OwnProof | Need::Read | Need::OwnToken => true,
        Need::Publish => {
            who.shows == Shows::Build || (has_scope && matches!(who.is, Is::Owner | Is::TeamMember))
        }
        Need::Yank => has_scope && (owns || who.is == Is::TeamMember),
        Need::ChangeOwners | Need::TrustedPublishing => has_scope && owns,
        Need::ChangeCrate => stands_for_account && owns,
        Need::Delete => is_session && owns,
        Need::OwnAccount | Need::Follow => stands_for_account,
        Need::SignedIn => is_session,
        Need::AdministerRegistry => administers_server || (is_session && administers),
        Need::Administer => administers_server,
    }
}

/// The table for people: a row for each need and access, a column for each principal.
fn table() -> String {
    let cells = |texts: &mut dyn Iterator<Item = &'static str>| {
        texts.zip(PRINCIPALS).map(|(text, who)| format!("{text:<0$}", who.word.len() + 1)).collect::<String>()
    };
    let mut lines = vec![format!("{:28}{}", "", cells(&mut PRINCIPALS.iter().map(|who| who.word)))];
    for need in Need::ALL {
        let method = if need == Need::Read { Method::GET } else { Method::PUT };
        for access in [Access::Open, Access::Internal, Access::Closed] {
            let answers = PRINCIPALS.iter().map(|who| expected(need, &method, access, who));
            let head = format!("{:<19}{:<9}", format!("{need:?}"), access.word());
            lines.push(format!("{head}{}", cells(&mut answers.into_iter())));
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_table() {
    insta::assert_snapshot!(table());
}
