use domain::policy::notify::Text;
use domain::policy::route::{Pattern, Remedy, Route, Routes};
use domain::policy::scale::Grow;
use ports::GroupName;
use serde::Deserialize;

use super::reader::Reader;
use super::remediation::{GROW, grow};

/// A rule as `ROUTES` writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    matches: Option<String>,
    #[serde(default)]
    unless: Option<String>,
    action: Action,
    #[serde(default)]
    group: Option<GroupName>,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    observe: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    ScaleOut,
    Restart,
    Review,
    Notify,
}

/// Reads `ROUTES`: a JSON list of rules such as
/// `[{"matches": "^web-.*-high-cpu$", "action": "scale_out", "group": "web", "by": "2"}]`. Without it, the usual ones.
pub(super) fn read(reader: &mut Reader<'_>, usual: &Grow) -> Option<Routes> {
    let Some(text) = reader.text("ROUTES") else { return Routes::usual(usual.clone()).ok() };
    match parse(text, usual) {
        Ok(routes) => Some(routes),
        Err(why) => {
            reader.problem("ROUTES", format!("a JSON list of rules, but: {why}"));
            None
        }
    }
}

fn parse(text: &str, usual: &Grow) -> Result<Routes, String> {
    let written: Vec<Written> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    written
        .into_iter()
        .enumerate()
        .map(|(n, w)| route(w, usual).map_err(|why| format!("rule {n}: {why}")))
        .collect::<Result<Vec<_>, _>>()
        .map(Routes::new)
}

fn route(mut written: Written, usual: &Grow) -> Result<Route, String> {
    let names = match (written.name.take(), written.matches.take()) {
        (Some(name), None) => Pattern::Exact(name),
        (None, Some(expression)) => Pattern::matching(&expression).map_err(|error| error.to_string())?,
        (Some(_), Some(_)) | (None, None) => return Err("expected either `name` or `matches`".to_owned()),
    };
    let unless = written
        .unless
        .take()
        .map(|e| Pattern::matching(&e))
        .transpose()
        .map_err(|error| error.to_string())?;
    let remedy = remedy(&mut written, usual)?;
    if written.group.is_some() || written.by.is_some() {
        return Err("`group` and `by` are for `scale_out` only".to_owned());
    }
    if written.text.is_some() {
        return Err("`text` is for `notify` only".to_owned());
    }
    Ok(Route { names, unless, remedy, observe: written.observe })
}

/// Takes what the remedy is told; what is left over is told to the wrong one.
fn remedy(written: &mut Written, usual: &Grow) -> Result<Remedy, String> {
    Ok(match written.action {
        Action::Review => Remedy::Review,
        Action::Restart => Remedy::Restart,
        Action::Notify => {
            let text = written.text.take().ok_or("`notify` needs a `text`: what people are told")?;
            Remedy::Notify(Text::new(text).map_err(|why| format!("`text`: {why}"))?)
        }
        Action::ScaleOut => Remedy::ScaleOut {
            group: written.group.take(),
            grow: match written.by.take() {
                None => usual.clone(),
                Some(by) => grow(&by).ok_or_else(|| format!("`by` is `{by}`: expected {GROW}"))?,
            },
        },
    })
}
