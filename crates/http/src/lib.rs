//! What the faces share: who asks, which registry is meant, errors as responses, conditional and range requests,
//! the route table, and the listener.
//!
//! Nothing here decides; deciding is done in `app`.

mod address;
mod change;
pub mod conditional;
pub mod cookies;
mod error;
mod extract;
pub mod form;
mod guard;
mod origin;
mod route;
pub mod serve;

pub use address::{Address, ForwardedHeader, TrustedProxies};
pub use change::{Noted, Told};
pub use error::{ApiError, error_response, json, login_challenge, status_of};
pub use extract::{InRegistry, Params, Visitor, limited_body};
pub use form::{Form, Posted, own_path};
pub use guard::{absent, guarded, is_api};
pub use origin::{same_origin, says_same_origin};
pub use route::{Need, RouteInfo, Routes};
