//! The argoWorkflow trigger, with definitions that stand for those of Argo.

use super::{Shop, definition};
use crate::{Promise, Stage, stage::establish};
use serde_json::{Value, json};

pub(super) const PROMISES: &[Promise] = &[(
    "argoWorkflow: submitted once, suspended, resumed and ended",
    course,
)];

const GROUP: (&str, &str) = ("argoproj.io", "v1alpha1");

fn course(stage: &Stage) {
    stage.run(async {
        for (kind, plural) in [
            ("Workflow", "workflows"),
            ("WorkflowTemplate", "workflowtemplates"),
        ] {
            establish(&stage.client, definition(GROUP.0, GROUP.1, kind, plural)).await;
        }
        let shop = Shop::new(stage, "workflows").await;
        let workflow = object("Workflow", json!({"generateName": "ship-"}));
        let name = submitted(&shop, "submit", &workflow, "1").await;
        assert!(name.starts_with("ship-"), "{name}");
        assert_eq!(
            submitted(&shop, "submit", &workflow, "1").await,
            name,
            "a repeat makes no second"
        );
        let named = object("Workflow", json!({"name": name}));
        let spec = async || {
            let found = shop
                .get("argoproj.io/v1alpha1", "Workflow", &name)
                .await
                .unwrap();
            found["spec"].clone()
        };
        for (operation, field, wanted) in [
            ("suspend", "suspend", json!(true)),
            ("resume", "suspend", Value::Null),
            ("stop", "shutdown", json!("Stop")),
        ] {
            fire(&shop, operation, &named, "1").await;
            assert_eq!(spec().await[field], wanted, "{operation}");
        }
        let template = object("WorkflowTemplate", json!({"name": "ship"}));
        shop.k8s("create", template.clone()).await.unwrap();
        let name = submitted(&shop, "submit-from", &template, "2").await;
        let found = shop
            .get("argoproj.io/v1alpha1", "Workflow", &name)
            .await
            .unwrap();
        assert_eq!(found["spec"]["workflowTemplateRef"]["name"], "ship");
    });
}

fn object(kind: &str, metadata: Value) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"entrypoint": "go", "templates": [{"name": "go", "suspend": {}}]},
    })
}

async fn fire(shop: &Shop, operation: &str, object: &Value, event: &str) -> Value {
    let config = json!({"operation": operation, "source": {"resource": object}});
    let done = shop.fire("argoWorkflow", config, event).await.unwrap();
    done.object.unwrap_or_default()
}

async fn submitted(shop: &Shop, operation: &str, object: &Value, event: &str) -> String {
    let made = fire(shop, operation, object, event).await;
    made["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
