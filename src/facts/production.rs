//! What production is called, in names of hosts, contexts, accounts and files, and in variables that choose one.

/// Names of production; policies may add to what the score makes of it, and take nothing away.
const NAMES: [&str; 4] = ["prod", "production", "prd", "live"];

/// Variables that choose for what or whom programs work, besides those that end in [`CHOOSING`].
const CHOICES: [&str; 12] = [
    "ENV",
    "ENVIRONMENT",
    "STAGE",
    "TARGET",
    "TARGET_ENV",
    "KUBECONFIG",
    "PGHOST",
    "PGDATABASE",
    "PGSERVICE",
    "CLUSTER",
    "DOCKER_HOST",
    "CONTEXT",
];

/// How names of variables end that choose for what or whom programs work.
const CHOOSING: [&str; 10] = [
    "_ENV",
    "_ENVIRONMENT",
    "_STAGE",
    "_PROFILE",
    "_HOST",
    "_CONTEXT",
    "_CLUSTER",
    "_WORKSPACE",
    "_PROJECT",
    "_URL",
];

/// Variables that say how something is built.
const BUILDING: [&str; 4] = ["NODE_ENV", "BABEL_ENV", "MIX_ENV", "HUGO_ENV"];

/// Whether a part of a name says production: `prod`, `eu-prod-1`, `live`, but not `product`.
#[must_use]
pub fn names_production(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| !byte.is_ascii_alphanumeric());
    parts.any(|part| {
        let letters = part.iter().position(u8::is_ascii_digit).unwrap_or(part.len());
        let stem = part.get(..letters).unwrap_or(part);
        NAMES.iter().any(|name| stem.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// Whether programs that see this variable work on production.
pub(super) fn chooses_production(name: &str, value: &[u8]) -> bool {
    let chooses = CHOICES.contains(&name) || CHOOSING.iter().any(|end| name.ends_with(end));
    chooses && !BUILDING.contains(&name) && names_production(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_says_production() {
        for name in ["prod", "eu-prod-1", "PROD2", "live", "db.production.example", "prd_eu"] {
            assert!(names_production(name.as_bytes()), "{name}");
        }
        for name in ["product", "delivery", "alive", "reproduce", "staging", ""] {
            assert!(!names_production(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn only_variables_that_choose_where_to_work_choose_production() {
        for (name, value) in
            [("RAILS_ENV", "production"), ("KUBECONFIG", "prod.yaml"), ("DATABASE_URL", "pg://prod/x")]
        {
            assert!(chooses_production(name, value.as_bytes()), "{name}");
        }
        for (name, value) in
            [("NODE_ENV", "production"), ("RAILS_ENV", "test"), ("NAME", "prod"), ("ENV", "product")]
        {
            assert!(!chooses_production(name, value.as_bytes()), "{name}");
        }
    }
}
