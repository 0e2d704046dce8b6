//! Who lacks what was sent, and until when a relay keeps it for them.

use super::Model;
use crate::node::view::{FileInfo, Transfer, TransferState};

impl Model {
    /// Notes who lacks a file of mine now.
    pub(super) fn lacked(&mut self, transfer: &Transfer) {
        let open = self.timeline.iter_mut();
        for file in open.flat_map(|timeline| timeline.files(transfer.file_id)) {
            note(file, transfer);
        }
    }
}

fn note(file: &mut FileInfo, transfer: &Transfer) {
    match transfer.state {
        TransferState::Given => {
            file.waiting_for
                .retain(|person| Some(*person) != transfer.person_id);
        }
        TransferState::Kept | TransferState::Keeping | TransferState::Waiting
            if !transfer.waiting_for.is_empty() =>
        {
            file.waiting_for.clone_from(&transfer.waiting_for);
            // Of several relays the one counts that keeps it longest.
            file.kept_until = file.kept_until.max(transfer.until);
        }
        _ => {}
    }
}
