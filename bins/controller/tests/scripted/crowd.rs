//! Many Sensors at once.

use crate::{
    objects::{bus, is_deployed, sensor},
    stage::Stage,
};
use std::collections::HashMap;

#[tokio::test(start_paused = true)]
async fn many_sensors_at_once_take_few_writes_each() {
    const CROWD: usize = 300;
    let stage = Stage::over([bus()]);
    stage.deployed("eventbus", "default").await;
    stage.server.edit(|state| {
        for number in 0..CROWD {
            state.apply(sensor(&format!("one-{number}")));
        }
    });
    stage.server.quiet().await;
    let sensors = stage.server.all("sensors");
    assert!(sensors.iter().all(is_deployed));
    assert_eq!(stage.server.all("deployments").len(), CROWD);
    let mut writes: HashMap<String, usize> = HashMap::new();
    for call in stage.server.writes() {
        *writes
            .entry(format!("{} {}", call.plural, call.name))
            .or_default() += 1;
    }
    let most = writes
        .iter()
        .filter(|(key, _)| key.starts_with("sensors "))
        .map(|(_, count)| *count)
        .max();
    assert_eq!(most, Some(2), "a finalizer and a status");
}
