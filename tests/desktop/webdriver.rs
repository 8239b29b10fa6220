//! The few words of the WebDriver protocol that the tests speak. A client library would bring an async runtime and
//! a dozen crates for what are small JSON requests to loopback.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use ureq::Agent;

/// The key under which the protocol wraps an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A page under remote control. Ends with [`Session::end`]; the desktop takes down what is left.
pub struct Session {
    agent: Agent,
    url: String,
}

/// An element of the page; stale once the page has redrawn it.
#[derive(Clone)]
pub struct Element(String);

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

fn call(agent: &Agent, method: &str, url: &str, body: Option<&Value>) -> Result<Value, String> {
    let answer = match (method, body) {
        ("GET", _) => agent.get(url).call(),
        ("DELETE", _) => agent.delete(url).call(),
        (_, body) => agent.post(url).send_json(body.unwrap_or(&json!({}))),
    };
    let mut answer: Value = answer
        .and_then(|mut answer| answer.body_mut().with_config().limit(64 << 20).read_json())
        .map_err(|error| format!("{method} {url}: {error}"))?;
    let value = answer["value"].take();
    match value.get("error") {
        Some(error) => Err(format!("{} ({})", error, value["message"])),
        None => Ok(value),
    }
}

/// Whether the driver at this address answers.
pub fn ready(driver: &str) -> Result<(), String> {
    call(&agent(), "GET", &format!("{driver}/status"), None).map(|_| ())
}

impl Session {
    /// Starts the app and takes its page under control.
    pub fn start(driver: &str, application: &str) -> Result<Self, String> {
        let agent = agent();
        let wanted =
            json!({"capabilities": {"alwaysMatch": {"tauri:options": {"application": application}}}});
        let made = call(&agent, "POST", &format!("{driver}/session"), Some(&wanted))?;
        let id = made["sessionId"].as_str().ok_or("the driver named no session")?;
        Ok(Self {
            agent,
            url: format!("{driver}/session/{id}"),
        })
    }

    pub fn end(&self) -> Result<(), String> {
        call(&self.agent, "DELETE", &self.url, None).map(|_| ())
    }

    /// Runs `return <script>` in the page.
    pub fn script(&self, script: &str, args: &Value) -> Result<Value, String> {
        self.post(
            "/execute/sync",
            &json!({"script": format!("return {script}"), "args": args}),
        )
    }

    /// What `find.js` finds for these roles and this name.
    pub fn find(&self, roles: &str, name: &str, within: &str) -> Result<Element, String> {
        const FIND: &str = include_str!("find.js");
        let found = self.script(&format!("({FIND})(...arguments)"), &json!([roles, name, within]))?;
        let place = if within.is_empty() {
            String::new()
        } else {
            format!(" in '{within}'")
        };
        match found.get(ELEMENT).and_then(Value::as_str) {
            Some(id) => Ok(Element(id.to_owned())),
            None => Err(format!("no {roles} '{name}'{place} is on the page")),
        }
    }

    /// Clicks the middle of an element that stands still. WebDriver aims first and presses later: on a page that moves
    /// in between, the press would meet what has come into that place.
    pub fn click(&self, element: &Element) -> Result<(), String> {
        const STANDS_STILL: &str = "
            const [element, done] = arguments;
            const place = () => JSON.stringify(element.getBoundingClientRect());
            const before = place();
            requestAnimationFrame(() => requestAnimationFrame(() => done(place() === before)));";
        let script = json!({"script": STANDS_STILL, "args": [{ELEMENT: element.0}]});
        if self.post("/execute/async", &script)? != true {
            return Err("it is still moving".into());
        }
        self.post(&format!("/element/{}/click", element.0), &json!({}))
            .map(|_| ())
    }

    pub fn type_text(&self, element: &Element, text: &str) -> Result<(), String> {
        self.post(&format!("/element/{}/value", element.0), &json!({"text": text}))
            .map(|_| ())
    }

    /// Presses and releases these keys, wherever the focus is. Keys without a letter have the code points of the
    /// protocol's private range.
    pub fn press(&self, keys: &str) -> Result<(), String> {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|action| json!({"type": action, "value": key.to_string()}))
            })
            .collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        self.post("/actions", &json!({"actions": [keyboard]})).map(|_| ())
    }

    /// What an expression over the element, `arguments[0]`, says.
    pub fn ask(&self, element: &Element, expression: &str) -> Result<Value, String> {
        self.script(expression, &json!([{ELEMENT: element.0}]))
    }

    pub fn text(&self, element: &Element) -> Result<String, String> {
        let text = self.ask(element, "arguments[0].textContent")?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// What a field holds.
    pub fn value(&self, element: &Element) -> Result<String, String> {
        let value = self.ask(element, "arguments[0].value")?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    pub fn source(&self) -> Result<String, String> {
        let source = call(&self.agent, "GET", &format!("{}/source", self.url), None)?;
        Ok(source.as_str().unwrap_or_default().to_owned())
    }

    /// A PNG picture of the page.
    pub fn picture(&self) -> Result<Vec<u8>, String> {
        let picture = call(&self.agent, "GET", &format!("{}/screenshot", self.url), None)?;
        STANDARD
            .decode(picture.as_str().unwrap_or_default())
            .map_err(|error| error.to_string())
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        call(&self.agent, "POST", &format!("{}{path}", self.url), Some(body))
    }
}
