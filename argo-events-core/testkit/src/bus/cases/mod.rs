//! The cases, one file per theme.

mod delivery;
mod event;
mod flow;
mod groups;
mod order;
mod restart;
mod settling;

use super::{Case, case::cases};

/// Lists every case in the order of the promises.
pub(super) fn all() -> Vec<Case> {
    cases! {
        "BUS-01" "an accepted event reaches every group subscribed before" [] delivery::reaches_every_group;
        "BUS-01" "no event of many publishers is lost" [] delivery::many_publishers;
        "BUS-02" "an acknowledged delivery does not come again" [] settling::acknowledged_is_over;
        "BUS-03" "a dropped delivery comes again with a higher attempt" [] settling::dropped_comes_again;
        "BUS-03" "a dropped call of next loses no delivery" [] delivery::dropped_next_loses_nothing;
        "BUS-04" "a silent delivery comes again after the ack wait" [] settling::silent_comes_again;
        "BUS-04" "a delivery that shows signs of life stays with its holder" [] settling::alive_stays;
        "BUS-05" "no more than max_in_flight deliveries are unsettled" [] flow::in_flight_is_bounded;
        "BUS-05" "in strict order one that is held holds up no others" [] flow::held_holds_up_no_others;
        "BUS-06" "groups do not disturb each other" [] groups::are_independent;
        "BUS-07" "subscriptions of one group share its deliveries" [CompetingConsumers] groups::share;
        "BUS-07" "what a subscription leaves goes to the others of its group" [CompetingConsumers] groups::inherit;
        "BUS-08" "deliveries of a partition come in the order of publication" [] flow::is_ordered;
        "BUS-09" "a group goes on where it was after a restart" [Durable] restart::group_goes_on;
        "BUS-09" "what nobody read before a restart is delivered after it" [Durable] restart::unread_is_kept;
        "BUS-10" "an event arrives as it was published" [] event::arrives_unchanged;
        "BUS-11" "a repeated id is reported as a duplicate and delivered once" [Deduplicates] event::repeated_id;
        "BUS-11" "an id that many publish at once is accepted once" [Deduplicates] event::raced_id;
        "BUS-11" "a repeated id is recognised after a restart" [Deduplicates, Durable] restart::repeated_id;
        "BUS-12" "a retry comes not before its delay" [DelayedRetry] settling::retry_is_delayed;
        "BUS-13" "a rejected delivery does not come again" [] settling::rejected_is_over;
        "BUS-14" "a closed bus refuses events and ends deliveries" [] flow::closed;
        "BUS-15" "position and arrival of a redelivery are those of the first" [] settling::redelivery_keeps_its_place;
        "BUS-15" "positions and arrivals survive a restart" [Durable] restart::keeps_places;
        "BUS-16" "a new group starts where the subscription says" [] groups::start;
        "BUS-16" "a known group goes on, wherever the subscription says to start" [] groups::known_goes_on;
        "BUS-17" "in strict order nothing overtakes what comes again" [] order::nothing_overtakes;
        "BUS-17" "strict order begins behind the positions given, whatever is in hand" [] order::begins_behind;
        "BUS-18" "letting go of groups disturbs none that is kept or read" [] groups::retire;
    }
}
