use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use domain::render::visible;
use lambda_shims::permission::Function;
use lambda_shims::settings::Pairs;
use serde_json::json;
use simulation::stack::FunctionName;

use super::{BadInput, CommandEnd, print_json};
use crate::doctor::{Finding, Grade, Line, examine, lines, settings};

/// `caretaker doctor`.
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// The functions to look at; all of them when none is named.
    #[arg(value_enum)]
    functions: Vec<FunctionName>,
    /// Settings as a JSON object of texts, in place of the environment: what `aws lambda get-function-configuration`
    /// prints, whole or with `--query Environment.Variables`; `-` for the standard input.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Look at the account as well, or at the endpoint in `AWS_ENDPOINT_URL`: what exists, and what is permitted.
    #[arg(long)]
    aws: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let functions = self.functions();
        let pairs = match &self.settings {
            None => std::env::vars().collect(),
            Some(file) => settings::read(file)?,
        };
        let lines = lines(&pairs, &functions);
        let mut found = examine(&pairs, &functions);
        if self.aws {
            found.extend(look(&pairs, &functions)?);
        }
        let problems = found.iter().filter(|finding| finding.grade == Grade::Problem).count();
        if self.json {
            print_json(out, &json!({ "settings": lines, "findings": found, "problems": problems }))?;
        } else {
            print(out, &lines, &found, problems);
        }
        Ok(if problems == 0 { CommandEnd::Done } else { CommandEnd::Wrong })
    }

    fn functions(&self) -> Vec<Function> {
        if self.functions.is_empty() {
            Function::ALL.to_vec()
        } else {
            self.functions.iter().copied().map(Function::from).collect()
        }
    }
}

#[cfg(feature = "aws")]
fn look(pairs: &Pairs, functions: &[Function]) -> Result<Vec<Finding>, BadInput> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BadInput::new("runtime", error))?;
    Ok(runtime.block_on(crate::doctor::account::look(pairs, functions)))
}

#[cfg(not(feature = "aws"))]
fn look(_: &Pairs, _: &[Function]) -> Result<Vec<Finding>, BadInput> {
    Err(BadInput::new("--aws", "this command was built without AWS: build it with `--features aws`"))
}

fn print(out: &mut dyn Write, lines: &[Line], found: &[Finding], problems: usize) {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["setting", "value", "from", "template"]);
    for line in lines {
        let template = line.template.as_deref().unwrap_or_default();
        table.add_row([line.name, &visible::line(&line.value), line.origin.words(), template]);
    }
    let _ = writeln!(out, "{table}\n");
    for finding in found {
        let grade = match finding.grade {
            Grade::Problem => "problem",
            Grade::Note => "note",
            Grade::Fine => "fine",
        };
        let _ = writeln!(out, "{grade}: {}", visible::line(&finding.words));
    }
    let verdict = match problems {
        0 => "verdict: fine".to_owned(),
        1 => "verdict: 1 problem".to_owned(),
        more => format!("verdict: {more} problems"),
    };
    let _ = writeln!(out, "{verdict}");
}
