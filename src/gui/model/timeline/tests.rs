use super::*;
use crate::gui::sample::{id, incoming, outgoing};

const CHAT: ChatId = ChatId([1; 32]);

fn seqs(timeline: &Timeline) -> Vec<u64> {
    timeline
        .messages
        .iter()
        .map(|message| message.seq)
        .collect()
}

fn page(range: std::ops::Range<u64>) -> Vec<Message> {
    range.map(|n| incoming(CHAT, n, "text")).collect()
}

fn opened(range: std::ops::Range<u64>) -> Timeline {
    let mut timeline = Timeline::new(CHAT, 0);
    let asked = timeline.ask(Side::Latest).unwrap();
    timeline.loaded(Side::Latest, asked.limit.unwrap(), page(range));
    timeline
}

fn pending(number: u64, text: &str) -> Pending {
    Pending {
        number,
        text: text.into(),
        reply_to: None,
        mentions: Vec::new(),
        file: None,
        at: Timestamp(5),
        stored: None,
        failed: None,
    }
}

#[test]
fn a_short_first_page_is_the_whole_history() {
    let timeline = opened(0..5);

    assert!(timeline.at_start() && timeline.at_end());
    assert_eq!(seqs(&timeline), [0, 1, 2, 3, 4]);
}

#[test]
fn older_pages_go_before_until_one_is_short() {
    let mut timeline = opened(300..500);
    assert!(!timeline.at_start());

    let asked = timeline.ask(Side::Older).unwrap();
    assert_eq!(asked.before, Some(id(300)));
    assert_eq!(timeline.ask(Side::Older), None, "one at a time");
    timeline.loaded(Side::Older, 200, page(100..300));
    assert!(!timeline.at_start());
    timeline.ask(Side::Older).unwrap();
    timeline.loaded(Side::Older, 200, page(0..100));

    assert!(timeline.at_start());
    assert_eq!(seqs(&timeline), (0..500).collect::<Vec<_>>());
    assert_eq!(timeline.ask(Side::Older), None);
}

#[test]
fn memory_is_bounded_however_far_one_scrolls() {
    let last = 100_000;
    let mut timeline = opened(last - 200..last);
    timeline.set_following(false);

    for n in 1..50 {
        timeline.ask(Side::Older).unwrap();
        timeline.loaded(Side::Older, 200, page(last - 200 * (n + 1)..last - 200 * n));
        assert!(timeline.messages.len() <= 2 * KEEP);
    }

    assert!(!timeline.at_end());
    let asked = timeline.ask(Side::Newer).unwrap();
    assert_eq!(asked.after, timeline.messages.back().map(|m| m.message_id));
}

#[test]
fn following_keeps_the_newest_and_forgets_the_oldest() {
    let mut timeline = opened(0..200);

    for n in 200..KEEP as u64 + 500 {
        timeline.message(incoming(CHAT, n, "text"));
    }

    assert_eq!(timeline.messages.len(), KEEP);
    assert_eq!(timeline.messages.back().unwrap().seq, KEEP as u64 + 499);
    assert!(!timeline.at_start() && timeline.at_end());
}

#[test]
fn a_message_that_belongs_earlier_moves_the_later_ones() {
    let mut timeline = opened(0..4);
    let mut late = incoming(CHAT, 99, "late");
    late.seq = 2;

    timeline.message(late);

    assert_eq!(seqs(&timeline), [0, 1, 2, 3, 4]);
    assert_eq!(timeline.messages[2].text, "late");
    assert_eq!(timeline.messages[3].message_id, id(2));
}

#[test]
fn what_arrives_while_the_newest_page_is_on_its_way_is_not_lost() {
    let mut timeline = Timeline::new(CHAT, 0);
    timeline.ask(Side::Latest).unwrap();

    timeline.message(incoming(CHAT, 5, "text"));
    timeline.loaded(Side::Latest, 200, page(0..5));

    assert_eq!(seqs(&timeline), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_message_seen_twice_is_shown_once() {
    let mut timeline = opened(0..3);

    assert!(!timeline.message(incoming(CHAT, 2, "changed")));

    assert_eq!(timeline.messages.len(), 3);
    assert_eq!(timeline.messages[2].text, "changed");
}

#[test]
fn my_message_is_never_shown_twice_nor_lost_whichever_answer_is_first() {
    for event_first in [true, false] {
        let mut timeline = opened(0..1);
        timeline.say(pending(7, "hi"));
        timeline.say(pending(8, "hi"));
        let shown = |t: &Timeline| t.messages().len() + t.pending().len();
        assert_eq!(shown(&timeline), 3);

        for n in [1, 2] {
            if event_first {
                timeline.message(outgoing(CHAT, n, "hi"));
                assert_eq!(shown(&timeline), 3);
                timeline.said(6 + n, id(n));
            } else {
                timeline.said(6 + n, id(n));
                assert_eq!(shown(&timeline), 3);
                timeline.message(outgoing(CHAT, n, "hi"));
            }
            assert_eq!(shown(&timeline), 3);
        }

        assert!(timeline.pending().is_empty());
    }
}

#[test]
fn a_message_that_could_not_be_kept_can_be_taken_back() {
    let mut timeline = opened(0..1);
    timeline.say(pending(7, "hi"));

    timeline.not_said(7, "The disk is full.".into());
    assert_eq!(
        timeline.pending()[0].failed.as_deref(),
        Some("The disk is full.")
    );

    assert_eq!(timeline.take_back(7).unwrap().text, "hi");
    assert!(timeline.pending().is_empty());
}

#[test]
fn a_state_never_goes_back() {
    let mut timeline = opened(0..1);
    timeline.message(outgoing(CHAT, 1, "hi"));

    timeline.status(id(1), DeliveryState::Read);
    timeline.status(id(1), DeliveryState::Delivered);

    assert_eq!(timeline.messages[1].state, DeliveryState::Read);
}

#[test]
fn the_divider_goes_when_something_is_said() {
    let mut timeline = Timeline::new(CHAT, 3);
    let asked = timeline.ask(Side::Latest).unwrap();
    timeline.loaded(Side::Latest, asked.limit.unwrap(), page(0..10));
    assert_eq!(timeline.divider(), Some(id(7)));

    timeline.say(pending(1, "I see"));

    assert_eq!(timeline.divider(), None);
}

#[test]
fn the_divider_stands_before_the_first_unread_message_and_stays() {
    let mut timeline = Timeline::new(CHAT, 3);
    timeline.ask(Side::Latest).unwrap();
    timeline.loaded(Side::Latest, 200, page(0..10));
    assert_eq!(timeline.divider(), Some(id(7)));

    timeline.message(incoming(CHAT, 10, "new"));

    assert_eq!(timeline.divider(), Some(id(7)));
}

#[test]
fn messages_below_are_counted_until_the_end_is_in_sight_again() {
    let mut timeline = opened(0..10);
    timeline.set_following(false);

    timeline.message(incoming(CHAT, 10, "new"));
    timeline.message(incoming(CHAT, 11, "new"));
    timeline.message(outgoing(CHAT, 12, "mine"));
    assert_eq!(timeline.below(), 2);
    timeline.set_following(true);

    assert_eq!(timeline.below(), 0);
}

#[test]
fn a_message_that_is_gone_leaves_no_hole_in_the_numbers() {
    let mut timeline = opened(0..5);

    assert_eq!(timeline.removed(id(2)), None);

    assert_eq!(seqs(&timeline), [0, 1, 2, 3]);
    assert!(timeline.position(id(2)).is_none());
}

#[test]
fn after_one_out_of_memory_is_gone_the_last_one_says_how_far_all_moved() {
    let mut timeline = opened(300..500);

    assert_eq!(timeline.removed(id(7)), Some(id(499)));
    let mut moved = incoming(CHAT, 499, "text");
    moved.seq = 498;
    timeline.shown_anew(moved);

    assert_eq!(seqs(&timeline), (299..499).collect::<Vec<_>>());
}

#[test]
fn an_old_message_that_shows_differently_is_not_taken_for_a_new_one() {
    let mut timeline = opened(300..500);
    let mut edited = incoming(CHAT, 7, "edited");
    edited.edited_at = Some(Timestamp(9));

    assert!(!timeline.message(edited));

    assert_eq!(seqs(&timeline), (300..500).collect::<Vec<_>>());
}

#[test]
fn a_jump_begins_anew_at_a_message_and_grows_on_both_sides() {
    let mut timeline = Timeline::new(CHAT, 0);
    let asked = timeline.ask(Side::Latest).unwrap();
    let newest = (900..1000).map(|n| incoming(CHAT, n, "new")).collect();
    timeline.loaded(Side::Latest, asked.limit.unwrap().min(100), newest);

    timeline.jump(incoming(CHAT, 17, "that one"));

    assert_eq!(timeline.goal().map(|(id, _)| id), Some(id(17)));
    assert!(!timeline.at_start() && !timeline.at_end());
    let older = timeline.ask(Side::Older).unwrap();
    assert_eq!(older.before, Some(id(17)));
    timeline.loaded(Side::Older, 200, vec![incoming(CHAT, 16, "before")]);
    let newer = timeline.ask(Side::Newer).unwrap();
    assert_eq!(newer.after, Some(id(17)));
    assert!(timeline.at_start());
}

#[test]
fn of_messages_taken_in_at_once_the_order_is_asked_for() {
    let mut timeline = opened(0..10);
    let told = |seq: u64, name: u64| Message {
        message_id: id(name),
        ..incoming(CHAT, seq, "text")
    };
    timeline.message(incoming(CHAT, 10, "text"));
    assert!(!timeline.is_unsure(), "it only follows");

    // The second stands before what was there, so that the first is further down than it says.
    timeline.message(told(12, 70));
    timeline.message(told(9, 71));
    let (after, page) = timeline.ask_order().unwrap();
    assert_eq!((after, page.after), (id(0), Some(id(0))));
    let others = (1..11).map(|n| told(if n < 9 { n } else { n + 1 }, n));
    let mut right: Vec<Message> = others.chain([told(9, 71), told(12, 70)]).collect();
    right.sort_by_key(|message| message.seq);
    timeline.ordered(after, right);

    assert_eq!(seqs(&timeline), (0..13).collect::<Vec<_>>());
    let names: Vec<MessageId> = timeline.messages.iter().map(|m| m.message_id).collect();
    assert_eq!(names[8..], [id(8), id(71), id(9), id(10), id(70)]);
    assert!(!timeline.is_unsure());
}

#[test]
fn what_comes_while_the_order_is_asked_for_is_not_lost() {
    let mut timeline = opened(0..5);
    timeline.message(incoming(CHAT, 7, "text"));
    let (after, _) = timeline.ask_order().unwrap();

    timeline.message(incoming(CHAT, 8, "text"));
    timeline.ordered(after, page(1..8));

    assert_eq!(seqs(&timeline), (0..9).collect::<Vec<_>>());
}
