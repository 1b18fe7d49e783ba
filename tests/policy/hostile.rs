//! Lines and rules that were made to take long: they are asked, and soon.

use std::time::{Duration, Instant};

use gate::{
    facts::Catalog,
    policy::{
        Action, Analyse as _, ExampleMachine, Layer, Policy, Shipped, Source, Tier, Whitelist, compile,
        decide,
    },
};

/// What a release build does in 50 ms takes a test build, beside others on the machine, no longer than this.
const SOON: Duration = Duration::from_secs(5);

fn policy(own: &str) -> Vec<u8> {
    let mut sources = Shipped::sources(&[Shipped::Default]);
    sources.push(Source { origin: "own", layer: Layer::User, text: own, identity: None });
    compile(&sources, None).unwrap().bytes
}

fn soon(bytes: &[u8], line: &str) -> (Action, Tier) {
    let policy = Policy::open(bytes).unwrap();
    let machine = ExampleMachine::new(Catalog::built_in());
    let begun = Instant::now();
    let facts = machine.analyse(line);
    let decision = decide(&facts, machine.context(), &policy, &Whitelist::empty()).unwrap();
    let name: String = line.chars().take(40).collect();
    assert!(begun.elapsed() < SOON, "{name}…: {:?}", begun.elapsed());
    assert!(decision.reasons.len() < 600, "{name}…: {} reasons", decision.reasons.len());
    (decision.action, decision.tier)
}

fn numbered(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn lines_that_were_made_to_take_long_are_asked_soon() {
    let policy = policy("version = 1");
    for line in [
        format!("echo {}", "a".repeat(1 << 20)),
        "true && ".repeat(1 << 17) + "true",
        format!("rm {}", "*a ".repeat(1 << 18)),
        "$(".repeat(10_000) + &")".repeat(10_000),
        format!("echo {}", "\"$(".repeat(10_000)),
        "(".repeat(10_000),
        format!("rm {}", "a ".repeat(100_000)),
        format!("kubectl delete {}", numbered(9000, |n| format!("prod{n}"))),
        format!("cat {}", numbered(9000, |n| format!("src/*{n}.rs"))),
        format!("cat {}", numbered(9000, |n| format!("*/{n}/*.p*m"))),
        format!("rm -rf {}", numbered(9000, |n| format!("/srv/a{n}"))),
        "sudo ".repeat(9000) + "ls",
        "env ".repeat(9000) + "ls",
        "ls a;".repeat(4500),
        numbered(2000, |n| format!("echo x > f{n}; bash g{n};")),
        numbered(2000, |n| format!("wget h{n}.x; ./g{n};")),
        format!("[[ {} ]]", numbered(3000, |n| format!("$(touch a{n}) && ")) + "a"),
    ] {
        let (action, tier) = soon(&policy, &line);
        let name: String = line.chars().take(40).collect();
        assert!(action >= Action::Ask && tier >= Tier::High, "{name}…: {action:?} {tier:?}");
    }
}

#[test]
fn rules_that_were_made_to_take_long_are_cut_short() {
    let mut own = String::from("version = 1\n");
    for number in 0..100 {
        let forms = [
            format!("command = \"* ** {}z{number}\"", "a ** ".repeat(20)),
            format!("command = \"* ** {}b{number} **\"", "*a".repeat(30)),
            format!("effect = \"read\"\npath = \"**/{}*b{number}\"", "*a".repeat(20)),
            format!("effect = \"read\"\npath = \"**/{}b{number}\"", "a/**/".repeat(10)),
        ];
        for (form, text) in forms.iter().enumerate() {
            own += &format!(
                "[[rule]]\nid = \"r{number}.{form}\"\ntier = \"high\"\nreason = \"r\"\nmatch = \"x\"\n{text}\n"
            );
        }
    }
    let policy = policy(&own);
    assert_eq!(soon(&policy, "ls src"), (Action::Allow, Tier::Low));
    for line in [
        format!("cat {}", "a ".repeat(5000)),
        format!("cat {}", "a".repeat(60_000)),
        format!("cat {}", "a/".repeat(2000)),
        format!("cat {}", "*a".repeat(5000)),
        format!("cat {}", "*/".repeat(2000)),
        format!("cat {}", numbered(1000, |n| "a/".repeat(20) + &n.to_string())),
    ] {
        let (action, tier) = soon(&policy, &line);
        let name: String = line.chars().take(40).collect();
        assert!(action >= Action::Ask && tier >= Tier::High, "{name}…: {action:?} {tier:?}");
    }
}

#[test]
fn long_lines_of_daily_work_are_not_cut_short() {
    let policy = policy("version = 1");
    for line in [
        format!("wc -l {}", numbered(500, |n| format!("src/module/file{n}.rs"))),
        format!("cat {}", numbered(40, |n| format!("src/part{n}/*.rs"))),
        format!("echo {}", "word ".repeat(1000)),
        "git status && ".repeat(100) + "git diff",
    ] {
        assert_eq!(soon(&policy, &line), (Action::Allow, Tier::Low), "{}", line.get(..40).unwrap());
    }
}
