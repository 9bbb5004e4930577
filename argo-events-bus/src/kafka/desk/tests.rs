use super::*;

const WAIT: Duration = Duration::from_secs(30);

fn desk(most: usize, is_strict: bool) -> Desk {
    let mut desk = Desk::new(Terms {
        most,
        ack_wait: WAIT,
        is_strict,
    });
    desk.assign(0, Ranges::default());
    desk.assign(1, Ranges::default());
    desk
}

fn push(desk: &mut Desk, partition: i32, offset: i64) {
    let event = Event::builder(offset.to_string(), "shop", "paid").build();
    desk.push(Record {
        partition,
        offset,
        arrived_at: Timestamp::EPOCH,
        event: Arc::new(event),
        weight: 1,
    });
}

fn take(desk: &mut Desk, now: Instant) -> Vec<Handed> {
    match desk.take(100, now) {
        Taken::Some(handed) => handed,
        Taken::Nothing(_) | Taken::Ended => Vec::new(),
    }
}

fn offsets(handed: &[Handed]) -> Vec<(i64, u32)> {
    handed
        .iter()
        .map(|it| (it.record.offset, it.attempt))
        .collect()
}

fn progress(desk: &mut Desk) -> Vec<(i32, i64, String)> {
    desk.progress_was_lost();
    desk.take_progress()
        .into_iter()
        .map(|it| (it.partition, it.next, it.beyond))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_position_stops_before_what_is_not_settled_and_says_what_is_beyond() {
    let (mut desk, now) = (desk(10, false), Instant::now());
    (5..=8).for_each(|offset| push(&mut desk, 0, offset));
    let handed = take(&mut desk, now);
    desk.finish(handed[1].ticket);
    desk.skip(0, 9);
    assert_eq!(progress(&mut desk), [(0, 5, "ae1 1+1".to_owned())]);
    desk.finish(handed[0].ticket);
    assert_eq!(progress(&mut desk), [(0, 7, String::new())]);
    handed[2..].iter().for_each(|it| desk.finish(it.ticket));
    assert_eq!(progress(&mut desk), [(0, 10, String::new())]);
}

#[tokio::test(start_paused = true)]
async fn what_was_settled_in_an_earlier_life_is_passed_over() {
    let mut desk = desk(10, false);
    desk.assign(0, crate::kafka::settled::read(5, "ae1 1+1"));
    push(&mut desk, 0, 5);
    assert!(desk.is_settled(0, 6));
    desk.skip(0, 6);
    push(&mut desk, 0, 7);
    assert_eq!(progress(&mut desk), [(0, 5, "ae1 1+1".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn deliveries_of_a_partition_that_went_away_are_void() {
    let (mut desk, now) = (desk(2, false), Instant::now());
    push(&mut desk, 0, 1);
    push(&mut desk, 1, 1);
    push(&mut desk, 1, 2);
    let handed = take(&mut desk, now);
    assert_eq!(handed.len(), 2);
    desk.withdraw(&[0]);
    assert!(desk.is_in_hand(&[0]));
    desk.revoke(&[0]);
    desk.assign(0, Ranges::default());
    desk.finish(handed[0].ticket);
    desk.give_back(handed[0].ticket, 1);
    assert_eq!(
        offsets(&take(&mut desk, now)),
        [(2, 1)],
        "there is room again"
    );
    assert_eq!(progress(&mut desk), [(1, 1, String::new())]);
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_of_a_partition_that_goes_away_is_not_handed_out_again() {
    let (mut desk, now) = (desk(10, false), Instant::now());
    (1..=4).for_each(|offset| push(&mut desk, 0, offset));
    push(&mut desk, 1, 9);
    let handed = take(&mut desk, now);
    desk.withdraw(&[0]);
    desk.give_back(handed[0].ticket, 1);
    desk.delay(handed[1].ticket, 1, now);
    desk.give_back(handed[4].ticket, 1);
    assert_eq!(offsets(&take(&mut desk, now)), [(9, 2)]);
    desk.finish(handed[2].ticket);
    assert!(desk.is_in_hand(&[0]));
    assert_eq!(offsets(&take(&mut desk, now + WAIT)), [(9, 3)]);
    assert!(!desk.is_in_hand(&[0]), "the last one was silent too long");
    // Who gets the partition delivers all but the one that was settled.
    let position = (0, 1, "ae1 2+1".to_owned());
    assert_eq!(progress(&mut desk)[0], position);
    desk.revoke(&[0]);
    desk.assign(0, Ranges::default());
    push(&mut desk, 0, 1);
    assert_eq!(offsets(&take(&mut desk, now + WAIT)), [(1, 2)]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_again_does_so_once_its_time_has_come() {
    let (mut desk, now) = (desk(10, false), Instant::now());
    (1..=4).for_each(|offset| push(&mut desk, 0, offset));
    let handed = take(&mut desk, now);
    desk.give_back(handed[0].ticket, 1);
    desk.delay(handed[1].ticket, 1, now + WAIT * 2);
    desk.keep_alive(handed[2].ticket, 1, now + WAIT / 2);
    assert_eq!(offsets(&take(&mut desk, now)), [(1, 2)]);
    assert_eq!(offsets(&take(&mut desk, now + WAIT)), [(1, 3), (4, 2)]);
    assert_eq!(offsets(&take(&mut desk, now + WAIT * 3 / 2)), [(3, 2)]);
    assert_eq!(
        offsets(&take(&mut desk, now + WAIT * 2)),
        [(1, 4), (2, 2), (4, 3)]
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_attempt_settles_for_good_but_cannot_take_a_delivery_back() {
    let (mut desk, now) = (desk(10, false), Instant::now());
    push(&mut desk, 0, 1);
    let first = take(&mut desk, now);
    take(&mut desk, now + WAIT);
    desk.give_back(first[0].ticket, 1);
    assert!(take(&mut desk, now + WAIT).is_empty());
    desk.finish(first[0].ticket);
    assert!(take(&mut desk, now + WAIT * 3).is_empty());
    assert_eq!(progress(&mut desk), [(0, 2, String::new())]);
}

#[tokio::test(start_paused = true)]
async fn in_strict_order_nothing_overtakes_what_comes_again() {
    let (mut desk, now) = (desk(3, true), Instant::now());
    (1..=5).for_each(|offset| push(&mut desk, 0, offset));
    let handed = take(&mut desk, now);
    desk.delay(handed[1].ticket, 1, now + WAIT / 2);
    desk.give_back(handed[2].ticket, 1);
    desk.finish(handed[0].ticket);
    assert!(take(&mut desk, now).is_empty());
    let again = take(&mut desk, now + WAIT / 2);
    assert_eq!(offsets(&again), [(2, 2), (3, 2), (4, 1)]);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_bound_are_in_hand() {
    let (mut desk, now) = (desk(2, false), Instant::now());
    (1..=4).for_each(|offset| push(&mut desk, 0, offset));
    let handed = take(&mut desk, now);
    assert_eq!(handed.len(), 2);
    desk.delay(handed[0].ticket, 1, now + WAIT);
    assert!(take(&mut desk, now).is_empty(), "delayed is not settled");
    desk.finish(handed[0].ticket);
    assert_eq!(offsets(&take(&mut desk, now)), [(3, 1)]);
}

#[test]
fn what_was_in_hand_when_its_partition_went_is_one_more_attempt_when_it_comes_back() {
    let (mut desk, now) = (desk(2, false), Instant::now());
    (7..=9).for_each(|offset| push(&mut desk, 0, offset));
    take(&mut desk, now);
    take(&mut desk, now + WAIT);
    desk.revoke(&[0]);
    desk.assign(0, Ranges::default());
    // It goes once more before all of it was handed out.
    (7..=9).for_each(|offset| push(&mut desk, 0, offset));
    desk.take(1, now + WAIT);
    desk.revoke(&[0]);
    desk.assign(0, Ranges::default());
    (7..=9).for_each(|offset| push(&mut desk, 0, offset));
    let handed = take(&mut desk, now + WAIT);
    assert_eq!(offsets(&handed), [(7, 4), (8, 3)]);
    handed.iter().for_each(|it| desk.finish(it.ticket));
    push(&mut desk, 1, 7);
    assert_eq!(offsets(&take(&mut desk, now)), [(9, 1), (7, 1)]);
}

#[test]
fn what_was_settled_but_not_committed_is_a_first_attempt_when_it_comes_back() {
    let (mut desk, now) = (desk(10, false), Instant::now());
    (1..=5).for_each(|offset| push(&mut desk, 0, offset));
    let handed = take(&mut desk, now);
    desk.finish(handed[0].ticket);
    desk.finish(handed[2].ticket);
    desk.give_back(handed[1].ticket, 1);
    desk.delay(handed[3].ticket, 1, now + WAIT);
    desk.revoke(&[0]);
    assert_eq!(desk.held, 0);
    desk.assign(0, Ranges::default());
    (1..=6).for_each(|offset| push(&mut desk, 0, offset));
    assert_eq!(
        offsets(&take(&mut desk, now)),
        [(1, 1), (2, 2), (3, 1), (4, 2), (5, 2), (6, 1)]
    );
}
