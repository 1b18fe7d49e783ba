//! The rules that hold, for people: what `gate policy show` lists and what explanations refer to.

use std::fmt;

use super::{
    Corrupt, Policy, Tier,
    bytes::List,
    cache::{Patterns, Rule},
    paths::PathPattern,
    rule::UndoSet,
    score::Row,
};

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleOverview {
    /// Its identifier.
    pub id: String,
    /// Its tier.
    pub tier: Tier,
    /// Why it is there.
    pub reason: String,
    /// The source that it stands in.
    pub origin: String,
    /// The line there, from 1.
    pub line: u32,
    /// What it applies to, as it is written in policies, one condition after the other.
    pub conditions: Vec<(&'static str, String)>,
}

impl fmt::Display for RuleOverview {
    /// `tier id: reason (origin:line)`, then one indented line for each condition.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {}: {} ({}:{})",
            self.tier.name(),
            self.id,
            self.reason,
            self.origin,
            self.line
        )?;
        self.conditions.iter().try_for_each(|(key, value)| write!(formatter, "\n  {key} {value}"))
    }
}

impl Policy<'_> {
    /// Every rule that holds, in the order of sources and files.
    ///
    /// # Errors
    /// [`Corrupt`].
    pub fn rules(&self) -> Result<Vec<RuleOverview>, Corrupt> {
        let origins: Vec<String> = self.sources()?.into_iter().map(|source| source.origin).collect();
        (0..self.len()).map(|number| self.overview(number, &origins)).collect()
    }

    /// The settings that hold, each with its value in words.
    ///
    /// # Errors
    /// [`Corrupt`].
    pub fn settings(&self) -> Result<Vec<(&'static str, String)>, Corrupt> {
        let mut all = vec![
            ("timeout", format!("{}s", self.timeout()?.as_secs())),
            ("ttl", format!("{}s", self.ttl()?)),
            ("programs", patterns(self.programs()?)?),
        ];
        for tier in [Tier::Low, Tier::Medium, Tier::High, Tier::Deny] {
            all.push((tier.name(), self.base(tier)?.to_string()));
        }
        for (name, row) in Row::NAMES {
            let mut weight = "none".to_owned();
            for entry in self.score_rows()? {
                let entry = entry?;
                if entry.row == row {
                    weight = entry.weight()?.to_string();
                }
            }
            all.push((name, weight));
        }
        Ok(all)
    }

    fn overview(&self, number: usize, origins: &[String]) -> Result<RuleOverview, Corrupt> {
        let rule = self.rule(u32::try_from(number).map_err(|_| Corrupt)?)?;
        let (source, line) = rule.origin()?;
        Ok(RuleOverview {
            id: rule.id()?.to_owned(),
            tier: rule.tier()?,
            reason: rule.reason()?.to_owned(),
            origin: origins.get(source).ok_or(Corrupt)?.clone(),
            line,
            conditions: self.conditions(rule)?,
        })
    }
    fn conditions(&self, rule: Rule<'_>) -> Result<Vec<(&'static str, String)>, Corrupt> {
        let mut all = conditions(rule)?;
        let aside: Result<Vec<&str>, Corrupt> =
            rule.instead_of()?.into_iter().map(|number| self.rule(number)?.id()).collect();
        let medium_for = (rule.tier()? == Tier::Medium && rule.ttl()? != self.ttl()?).then_some(rule.ttl()?);
        let further = [
            ("instead of", aside?.join(", ")),
            ("ttl", medium_for.map(|seconds| format!("{seconds}s")).unwrap_or_default()),
            (
                "reviewers",
                Some(rule.reviewers()?)
                    .filter(|count| *count > 1)
                    .map_or_else(String::new, |count| count.to_string()),
            ),
        ];
        all.extend(further.into_iter().filter(|(_, value)| !value.is_empty()));
        Ok(all)
    }
}

fn conditions(rule: Rule<'_>) -> Result<Vec<(&'static str, String)>, Corrupt> {
    let mut commands = Vec::new();
    for number in 0..rule.commands()?.len() {
        let words: Result<Vec<_>, _> = rule.command(number)?.texts().map(|word| Ok(text(word?))).collect();
        commands.push(words?.join(" "));
    }
    let [user, host, agent] = rule.when_texts()?;
    let recursive = rule.recursive()?.map(|wanted| wanted.to_string());
    let all = [
        ("command", commands.join(", ")),
        ("effect", rule.kinds()?.names().join(", ")),
        ("path", patterns(rule.paths()?)?),
        ("except", patterns(rule.except()?)?),
        ("host", texts(rule.hosts()?)?),
        ("name", texts(rule.names()?)?),
        ("recursive", recursive.unwrap_or_default()),
        ("undo", undo(rule.undo()?)),
        ("when cwd", patterns(rule.when_cwd()?)?),
        ("when user", texts(user)?),
        ("when host", texts(host)?),
        ("when agent", texts(agent)?),
    ];
    Ok(all.into_iter().filter(|(_, value)| !value.is_empty()).collect())
}

fn undo(set: UndoSet) -> String {
    if set == UndoSet::default() {
        return String::new();
    }
    let names = UndoSet::NAMES.iter().filter(|(_, undo)| set.has(*undo)).map(|(name, _)| *name);
    names.collect::<Vec<_>>().join(", ")
}

fn texts(list: List<'_>) -> Result<String, Corrupt> {
    let all: Result<Vec<String>, Corrupt> = list.texts().map(|one| Ok(text(one?))).collect();
    Ok(all?.join(", "))
}

fn patterns(list: Patterns<'_>) -> Result<String, Corrupt> {
    let all: Result<Vec<String>, Corrupt> = list.iter().map(|one| Ok(path(one?))).collect();
    Ok(all?.join(", "))
}

fn path(pattern: PathPattern<'_>) -> String {
    let below = text(pattern.below);
    match pattern.base.name() {
        None if below == "**" || below.starts_with("**/") => below,
        None => format!("/{below}"),
        Some(name) if below.is_empty() => name.to_owned(),
        Some(name) => format!("{name}/{below}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::compiled;

    #[test]
    fn a_rule_in_words() {
        let bytes = compiled(
            "[[rule]]\nid = \"x\"\ntier = \"high\"\nreason = \"because\"\ncommand = \"git {push,pull} **\"\n\
             effect = [\"read\", \"nothing\"]\npath = [\"{home}/.ssh/**\", \"**/.env\", \"/etc\"]\nexcept = \"{home}\"\n\
             recursive = false\nundo = \"harmless\"\nwhen = { user = \"root\", cwd = \"/srv/**\" }\nmatch = \"x\"",
        );
        let rules = Policy::open(&bytes).unwrap().rules().unwrap();
        assert_eq!(
            rules[0].to_string(),
            "high x: because (test:5)\n  command git push **, git pull **\n  effect read, nothing\n  \
             path {home}/.ssh/**, **/.env, /etc\n  except {home}\n  recursive false\n  undo harmless\n  \
             when cwd /srv/**\n  when user root"
        );
    }
}
