use std::collections::BTreeMap;
use std::fmt::Write;

use super::{UNKEPT, View, who};
use crate::cloud::Fact;
use crate::kernel::{Actor, Entry, Event, Phase, Trace};

/// Who talked to whom, as a Mermaid sequence diagram (<https://mermaid.js.org/syntax/sequenceDiagram.html>).
///
/// An arrow stands where a request took effect, a dotted one where its answer arrived; a request that went wrong is an
/// arrow with a cross.
pub fn sequence(trace: &Trace) -> String {
    if !trace.is_kept() {
        return UNKEPT.to_owned();
    }
    let mut view = View::new(trace);
    let mut names = Names::default();
    let mut body = String::new();
    for entry in trace.entries() {
        let line = line(entry, &mut names, &view.functions);
        if let Some(line) = line {
            let _ = writeln!(body, "    {}", view.aliases.short(&line));
        }
    }
    let mut text = "sequenceDiagram\n".to_owned();
    for (label, name) in &names.0 {
        let _ = writeln!(text, "    participant {name} as {label}");
    }
    text + &body
}

/// The short names of those who take part, in the order of their labels.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(&mut self, label: String) -> String {
        let next = format!("p{}", self.0.len() + 1);
        self.0.entry(label).or_insert(next).clone()
    }
}

fn line(entry: &Entry, names: &mut Names, functions: &BTreeMap<Actor, String>) -> Option<String> {
    let actor = names.of(who(functions, entry.actor));
    Some(match &entry.event {
        Event::Call { service, op, phase: Phase::Applied, .. } => {
            format!("{actor}->>{}: {op}", names.of((*service).to_owned()))
        }
        Event::Call { service, op, phase: Phase::Replied, error, .. } => {
            format!("{}-->>{actor}: {op}: {}", names.of((*service).to_owned()), error.unwrap_or("done"))
        }
        Event::Call { phase: Phase::Sent, .. } => return None,
        Event::Fact(Fact::Faulted { service, op, fault }) => {
            format!("{actor}-x{}: {op} ({fault:?})", names.of((*service).to_owned()))
        }
        // A semicolon would end the statement.
        Event::Fact(fact) => format!("Note over {actor}: {}", fact.to_string().replace([';', '#'], ",")),
    })
}
