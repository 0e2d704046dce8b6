//! What the window says by itself: for a moment at the bottom, or at the top until dismissed.

use crate::node::Timestamp;

/// A sentence at the bottom, for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// Whether something went wrong.
    pub failed: bool,
    /// When it goes.
    pub until: Timestamp,
}

/// A sentence at the top, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is wrong.
    pub text: String,
    /// What to do.
    pub next: String,
}

impl super::Model {
    /// Says something for a moment.
    pub(super) fn say(&mut self, text: String, now: Timestamp) {
        self.toast(text, false, now.plus(SHOWN));
    }

    /// Says for a moment what went wrong.
    pub(super) fn complain(&mut self, text: String, now: Timestamp) {
        self.toast(text, true, now.plus(SHOWN_FAILED));
    }

    /// Says something at the top until it is dismissed; what was said there before comes back then.
    pub(super) fn notify(&mut self, text: String, next: String) {
        self.notices.retain(|notice| notice.text != text);
        if self.notices.len() == MOST {
            self.notices.remove(0);
        }
        self.notices.push(Notice { text, next });
    }

    fn toast(&mut self, text: String, failed: bool, until: Timestamp) {
        self.toasts.retain(|toast| toast.text != text);
        if self.toasts.len() == MOST {
            self.toasts.remove(0);
        }
        self.toasts.push(Toast {
            text,
            failed,
            until,
        });
    }
}

/// How long good news is shown, in milliseconds.
const SHOWN: u64 = 3_500;

/// How long bad news is shown, in milliseconds.
const SHOWN_FAILED: u64 = 8_000;

/// Toasts, and notices, at a time.
const MOST: usize = 3;
