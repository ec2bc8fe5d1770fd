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
    observe: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    ScaleOut,
    Restart,
    Review,
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

fn route(written: Written, usual: &Grow) -> Result<Route, String> {
    let names = match (written.name, written.matches) {
        (Some(name), None) => Pattern::Exact(name),
        (None, Some(expression)) => Pattern::matching(&expression).map_err(|error| error.to_string())?,
        (Some(_), Some(_)) | (None, None) => return Err("expected either `name` or `matches`".to_owned()),
    };
    let unless =
        written.unless.map(|e| Pattern::matching(&e)).transpose().map_err(|error| error.to_string())?;
    let scales = written.group.is_some() || written.by.is_some();
    let remedy = match written.action {
        Action::Review | Action::Restart if scales => {
            return Err("`group` and `by` are for `scale_out` only".to_owned());
        }
        Action::Review => Remedy::Review,
        Action::Restart => Remedy::Restart,
        Action::ScaleOut => Remedy::ScaleOut {
            group: written.group,
            grow: match written.by {
                None => usual.clone(),
                Some(by) => grow(&by).ok_or_else(|| format!("`by` is `{by}`: expected {GROW}"))?,
            },
        },
    };
    Ok(Route { names, unless, remedy, observe: written.observe })
}
