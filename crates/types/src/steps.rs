//! Named steps that a test of the server can stop at.

use std::fmt;
use std::sync::Arc;

/// Called with the name of a step as the program passes it.
pub type StepHook = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Marks the steps of work that must survive a crash at any moment. Without a hook, passing one costs a branch.
#[derive(Clone, Default)]
pub struct Steps(Option<StepHook>);

impl Steps {
    /// Steps that nobody watches.
    #[must_use]
    pub fn unwatched() -> Self {
        Self(None)
    }

    /// Steps that call `hook`.
    #[must_use]
    pub fn watched(hook: StepHook) -> Self {
        Self(Some(hook))
    }

    /// Says that the step `name` has been reached.
    #[inline]
    pub fn pass(&self, name: &'static str) {
        if let Some(hook) = &self.0 {
            hook(name);
        }
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_some() { "Steps(watched)" } else { "Steps" })
    }
}
