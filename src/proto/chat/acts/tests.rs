use proptest::prelude::*;

use super::*;
use crate::{
    proto::{
        chat::content::Text,
        id::{ChatId, DeviceId},
        record::Signed,
    },
    wire::sync::OpId,
};

const CHAT: ChatId = ChatId([9; 32]);
const ADA: PersonId = PersonId([1; 32]);
const BEN: PersonId = PersonId([2; 32]);
const CLEO: PersonId = PersonId([3; 32]);
const SAID: Timestamp = Timestamp(1_767_225_600_000);

/// A message of Ada's.
fn target() -> MessageRow {
    let text = Text {
        text: "first".into(),
        reply_to: None,
        mentions: vec![],
    };
    row(ADA, 0, 0, Body::Text(text))
}

/// Something said `after` ms after the message; `n` makes its name.
fn row(sender: PersonId, n: u8, after: u64, body: Body) -> MessageRow {
    let created = SAID.plus(after);
    let content = Content {
        prev: None,
        parents: vec![],
        created,
        expire_s: 0,
        body,
    };
    MessageRow {
        id: MessageId([n; 32]),
        chat: CHAT,
        sender,
        device: DeviceId([sender.0[0]; 16]),
        counter: n.into(),
        created,
        sent_at: created,
        received_at: created,
        outgoing: sender == ADA,
        content: content.encode().to_vec(),
        signed: None,
    }
}

fn edit(text: &str) -> Body {
    let (message, text) = (target().id, text.into());
    Body::Edit(Edit { message, text })
}

fn delete() -> Body {
    let message = target().id;
    Body::Delete(Delete { message })
}

fn react(emoji: &str, on: bool) -> Body {
    let (message, emoji) = (target().id, emoji.into());
    Body::React(React { message, emoji, on })
}

fn pin(on: bool) -> Body {
    let message = target().id;
    Body::Pin(Pin { message, on })
}

fn by_moderator(mut row: MessageRow) -> MessageRow {
    row.signed = Some(Signed {
        epoch: OpId([0; 32]),
        signature: [0; 64],
        moderates: true,
        reaches_removed: false,
        given_by: None,
    });
    row
}

fn texts(resolved: &Resolved) -> Vec<&str> {
    let edits = resolved.edits.iter();
    edits.map(|edition| edition.text.as_str()).collect()
}

#[test]
fn the_last_edit_by_the_author_within_a_day_is_the_text() {
    let acts = [
        row(ADA, 3, 30, edit("third")),
        row(ADA, 2, 20, edit("second")),
        row(BEN, 4, 40, edit("by another")),
        row(ADA, 5, EDITABLE, edit("at the last moment")),
        row(ADA, 6, EDITABLE + 1, edit("too late")),
    ];

    let resolved = resolve(&target(), &acts);

    assert_eq!(texts(&resolved), ["second", "third", "at the last moment"]);
    assert_eq!(resolved.edits[1].at, SAID.plus(30));
}

#[test]
fn of_two_edits_at_one_moment_the_greater_name_wins() {
    let acts = [row(ADA, 7, 20, edit("seven")), row(ADA, 6, 20, edit("six"))];

    assert_eq!(texts(&resolve(&target(), &acts)), ["six", "seven"]);
}

#[test]
fn the_author_deletes_and_a_moderator_but_nobody_else() {
    let by = |acts: &[MessageRow]| resolve(&target(), acts).deleted_by;

    assert_eq!(by(&[row(ADA, 1, 10, delete())]), Some(ADA));
    assert_eq!(by(&[row(BEN, 1, 10, delete())]), None);
    assert_eq!(by(&[by_moderator(row(BEN, 1, 10, delete()))]), Some(BEN));
    assert_eq!(
        by(&[
            row(ADA, 2, 20, delete()),
            by_moderator(row(BEN, 1, 10, delete()))
        ]),
        Some(BEN),
        "the first"
    );
}

#[test]
fn nothing_is_left_of_edits_and_reactions_of_a_deleted_message() {
    let acts = [
        row(ADA, 1, 10, edit("second")),
        row(BEN, 2, 20, react("👍", true)),
        row(ADA, 3, 5, delete()),
        row(ADA, 4, 30, delete()),
    ];

    let resolved = resolve(&target(), &acts);

    assert_eq!((resolved.edits.len(), resolved.reactions.len()), (0, 0));
    let gone: Vec<u8> = superfluous(Some(&target()), &acts)
        .iter()
        .map(|id| id.0[0])
        .collect();
    assert_eq!(gone, [1, 2, 4]);
}

#[test]
fn the_last_word_of_a_person_about_an_emoji_counts() {
    let acts = [
        row(BEN, 1, 10, react("👍", true)),
        row(CLEO, 2, 20, react("👍", true)),
        row(BEN, 3, 30, react("🎉", true)),
        row(BEN, 4, 40, react("👍", false)),
        row(CLEO, 5, 50, react("🎉", true)),
        row(CLEO, 6, 60, react("two words", true)),
    ];

    let reactions = resolve(&target(), &acts).reactions;

    let shown: Vec<_> = reactions
        .iter()
        .map(|r| (r.emoji.as_str(), r.people.as_slice()))
        .collect();
    assert_eq!(shown, [("👍", &[CLEO][..]), ("🎉", &[BEN, CLEO])]);
    let gone = superfluous(Some(&target()), &acts);
    assert!(gone.contains(&MessageId([1; 32])), "overtaken");
    assert!(gone.contains(&MessageId([6; 32])), "no emoji");
    assert!(
        !gone.contains(&MessageId([4; 32])),
        "it holds the first down"
    );
}

#[test]
fn of_one_person_eight_emojis_are_shown_and_sixty_four_edits_and_reactions_kept() {
    let letters: Vec<String> = ('a'..='z')
        .chain('A'..='Z')
        .chain('α'..='ω')
        .map(String::from)
        .collect();
    let acts: Vec<MessageRow> = (0..70u8)
        .map(|n| {
            row(
                BEN,
                n + 1,
                u64::from(n),
                react(&letters[usize::from(n)], true),
            )
        })
        .chain((0..70u8).map(|n| row(ADA, n + 100, u64::from(n), edit("x"))))
        .collect();

    let resolved = resolve(&target(), &acts);

    assert_eq!(resolved.reactions.len(), EMOJIS);
    assert_eq!(resolved.reactions[0].emoji, letters[62]);
    assert_eq!(resolved.edits.len(), KEPT);
    assert_eq!(superfluous(Some(&target()), &acts).len(), 2 * (70 - KEPT));
}

#[test]
fn acts_in_another_chat_or_on_another_message_count_for_nothing() {
    let mut foreign = row(ADA, 1, 10, delete());
    foreign.chat = ChatId([8; 32]);
    let other = MessageId([77; 32]);
    let elsewhere = row(ADA, 2, 10, Body::Delete(Delete { message: other }));

    assert_eq!(
        resolve(&target(), &[foreign, elsewhere]),
        Resolved::default()
    );
}

#[test]
fn on_what_is_gone_from_this_device_every_act_is_superfluous() {
    let mut gone = target();
    gone.content = GONE.to_vec();
    let acts = [row(ADA, 1, 10, edit("second")), row(ADA, 2, 20, delete())];

    assert_eq!(superfluous(Some(&gone), &acts).len(), 2);
    assert_eq!(shape(GONE), Shape::Gone);
}

#[test]
fn contents_are_told_apart_without_reading_more_than_is_needed() {
    assert_eq!(shape(&target().content), Shape::Message);
    assert_eq!(shape(TOMBSTONE), Shape::Message);
    assert_eq!(shape(b"anything"), Shape::Message);
    for body in [edit("x"), delete(), react("👍", true), pin(true)] {
        let act = row(ADA, 1, 1, body);
        assert_eq!(shape(&act.content), Shape::Act(target().id));
    }
    let seconds = 60;
    let timer = row(
        ADA,
        1,
        1,
        Body::Timer(crate::proto::chat::content::Timer { seconds }),
    );
    assert_eq!(shape(&timer.content), Shape::Quiet);
}

#[test]
fn what_is_sent_in_place_of_an_erased_content_deletes_only_what_was_deleted_for_all() {
    let mut erased = target();
    erased.content = TOMBSTONE.to_vec();
    assert_eq!(shape(&as_sent(&erased)), Shape::Act(erased.id));

    erased.content = GONE.to_vec();
    assert_eq!(shape(&as_sent(&erased)), Shape::Act(NOTHING));
    assert_eq!(*as_sent(&target()), *target().content);
}

prop_compose! {
    fn act()(
        n in 1u8..=255, who in 0usize..3, after in prop_oneof![0..30u64, EDITABLE - 2..EDITABLE + 2],
        moderates in prop::bool::weighted(0.2), what in 0u8..10, emoji in 0usize..3, on: bool,
    ) -> MessageRow {
        let body = match what {
            0 => delete(),
            1..=3 => edit(&n.to_string()),
            4 => pin(on),
            _ => react(["👍", "🎉", "💬💬"][emoji], on),
        };
        let act = row([ADA, BEN, CLEO][who], n, after, body);
        if moderates { by_moderator(act) } else { act }
    }
}

fn acts() -> impl Strategy<Value = (Vec<MessageRow>, Vec<MessageRow>)> {
    let unique = prop::collection::vec(act(), 0..40).prop_map(|mut acts| {
        acts.sort_by_key(|act| act.id);
        acts.dedup_by_key(|act| act.id);
        acts
    });
    unique.prop_flat_map(|acts| (Just(acts.clone()), Just(acts).prop_shuffle()))
}

/// What a store keeps when acts come one by one, and the message after some of them.
fn streamed(acts: &[MessageRow], target_at: usize) -> Vec<MessageRow> {
    let mut kept: Vec<MessageRow> = Vec::new();
    let message = target();
    for (n, act) in acts.iter().enumerate() {
        kept.push(act.clone());
        let here = (n >= target_at).then_some(&message);
        let gone = superfluous(here, &kept);
        kept.retain(|act| !gone.contains(&act.id));
    }
    let gone = superfluous(Some(&message), &kept);
    kept.retain(|act| !gone.contains(&act.id));
    kept.sort_by_key(|act| act.id);
    kept
}

proptest! {
    /// Whatever came first, and whenever the message came among them, what is kept is the same, and
    /// says the same as all of it together.
    #[test]
    fn any_order_of_arrival_gives_one_state((acts, shuffled) in acts(), one in 0usize..40, other in 0usize..40) {
        let (kept, again) = (streamed(&acts, one), streamed(&shuffled, other));

        let ids = |rows: &[MessageRow]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
        prop_assert_eq!(ids(&kept), ids(&again));
        prop_assert_eq!(resolve(&target(), &kept), resolve(&target(), &acts));
    }

    #[test]
    fn acts_of_somebody_without_the_right_change_nothing((mut acts, _) in acts()) {
        let all = resolve(&target(), &acts);

        let is_without = |act: &MessageRow| {
            let body = Content::decode(&act.content).unwrap().body;
            act.sender != ADA
                && match body {
                    Body::Edit(_) => true,
                    Body::Delete(_) => act.signed.is_none(),
                    _ => false,
                }
        };
        acts.retain(|act| !is_without(act));

        prop_assert_eq!(resolve(&target(), &acts), all);
    }

    #[test]
    fn any_content_is_something(content in prop::collection::vec(any::<u8>(), 0..80)) {
        shape(&content);
    }
}
