//! What becomes of a firing whose attempts are used up.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_dead_letter_runs_after_the_last_attempt_by_its_own_strategy() {
    let world = World::new();
    let (mut ship, mut complain) = (spec("ship"), spec("complain"));
    ship.retry_strategy = strategy(r#"{"duration":"1s","steps":2}"#);
    complain.retry_strategy = strategy(r#"{"duration":"5s","steps":2}"#);
    let (complain, complaints) = world.trigger(&complain, &[Act::Fail, Act::Answer(200)], None);
    let (guarded, _) = world.trigger(&ship, &[Act::Fail], Some(complain));
    assert!(matches!(
        perform(&guarded).await,
        End::Failed {
            dead_lettered: true,
            ..
        }
    ));
    assert_eq!(moments(&complaints), [1_000, 6_000]);
    assert_eq!(
        (world.counted("ship"), world.counted("complain")),
        ((0, 2, 1), (1, 1, 0))
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_fails_is_counted_under_its_own_name() {
    let world = World::new();
    let (complain, _) = world.trigger(&spec("complain"), &[Act::Fail], None);
    let (guarded, _) = world.trigger(&spec("ship"), &[Act::Fail], Some(complain));
    assert!(matches!(
        perform(&guarded).await,
        End::Failed {
            dead_lettered: false,
            ..
        }
    ));
    assert_eq!(
        (world.counted("ship"), world.counted("complain")),
        ((0, 1, 1), (0, 1, 1))
    );
}

#[tokio::test(start_paused = true)]
async fn rate_limit_and_dead_letter_of_a_dead_letter_have_no_effect() {
    let world = World::new();
    let mut complain = spec("complain");
    complain.rate_limit = Some(RateLimit {
        unit: "Hour".to_owned(),
        requests_per_unit: 1,
    });
    let (despair, despairs) = world.trigger(&spec("despair"), &[Act::Answer(200)], None);
    let (complain, complaints) = world.trigger(&complain, &[Act::Fail], Some(despair));
    let (guarded, _) = world.trigger(&spec("ship"), &[Act::Fail], Some(complain));
    for _ in 0..2 {
        perform(&guarded).await;
    }
    assert_eq!(
        (moments(&complaints), moments(&despairs)),
        (vec![0, 0], vec![])
    );
}
