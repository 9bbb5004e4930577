//! Addresses that vectors leave open: filled in before a run, taken out of its record after it.

use super::recorder::{self, Record};
use serde_json::Value;
use std::{io, sync::Arc};
use tokio::{net::TcpListener, task::JoinSet};

/// The servers of a vector with the placeholders that stand for them.
#[derive(Debug)]
pub(in crate::families) struct Places {
    /// Placeholders with what they stand for, the longest first.
    names: Vec<(&'static str, String)>,
    /// Keeps the servers running.
    _tasks: JoinSet<()>,
}

impl Places {
    /// Starts the servers.
    pub(in crate::families) async fn open(record: &Arc<Record>) -> io::Result<Self> {
        let mut tasks = JoinSet::new();
        let first = recorder::serve("S1", record, &mut tasks).await?;
        let second = recorder::serve("S2", record, &mut tasks).await?;
        let closed = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let names = vec![
            ("<U1>", format!("sub.localhost:{}", first.port())),
            ("<L1>", format!("localhost:{}", first.port())),
            ("<L2>", format!("localhost:{}", second.port())),
            ("<S1>", first.to_string()),
            ("<S2>", second.to_string()),
            ("<C1>", closed.to_string()),
            ("<P1>", first.port().to_string()),
        ];
        Ok(Self {
            names,
            _tasks: tasks,
        })
    }

    /// Fills placeholders in.
    pub(in crate::families) fn fill(&self, value: &Value) -> Value {
        self.replaced(value, |text, (name, address)| text.replace(name, address))
    }

    /// Takes addresses out.
    pub(in crate::families) fn empty(&self, requests: Vec<Value>) -> Vec<Value> {
        let empty = |text: &str, (name, address): &(&str, String)| text.replace(address, name);
        requests
            .iter()
            .map(|request| self.replaced(request, empty))
            .collect()
    }

    fn replaced(
        &self,
        value: &Value,
        replace: impl Fn(&str, &(&'static str, String)) -> String + Copy,
    ) -> Value {
        match value {
            Value::String(text) => self
                .names
                .iter()
                .fold(text.clone(), |text, place| replace(&text, place))
                .into(),
            Value::Array(elements) => elements
                .iter()
                .map(|it| self.replaced(it, replace))
                .collect(),
            Value::Object(members) => {
                let replaced = |(name, member): (&String, &Value)| {
                    let Value::String(name) = self.replaced(&name.as_str().into(), replace) else {
                        return (name.clone(), member.clone());
                    };
                    (name, self.replaced(member, replace))
                };
                Value::Object(members.iter().map(replaced).collect())
            }
            other => other.clone(),
        }
    }
}
