//! `gate`: an approval gate between AI agents and a shell.
//!
//! # Code map
//!
//! Start with [`pipeline`]: one function gates one command, top to bottom. Everything else is a room off that corridor.
//!
//! | module | kind | what it does |
//! |---|---|---|
//! | [`syntax`] | pure | text → `Understood(Script)` or `Opaque(why, where)` |
//! | [`facts`] | pure | script → invocations, wrappers undone, with their effects; the catalog of programs' options |
//! | [`policy`] | pure | facts + context + rules → decision |
//! | [`approval`] | mixed | request, verdict, permit (pure); terminal and second-terminal approvers |
//! | [`exec`] | effect | runs a permit: ptys, pipes, signals, environment |
//! | [`record`] | mixed | asciicast encoder and decoder (pure); writer and player |
//! | [`audit`] | mixed | event, chain, verification (pure); the log |
//! | [`shell`] | effect | gate as a shell: calling forms, sessions, logins |
//! | [`config`] | mixed | settings (pure schema); loading and the compiled cache |
//! | [`ui`] | pure | words and pictures for people: printable text, carets, highlighting |
//! | [`cli`] | effect | the command line: run forms, then one file a subcommand |
//! | [`sys`] | effect | the operating system; the only module where `unsafe` may be allowed |
//!
//! # Data flow
//!
//! ```text
//! bytes → syntax::parse → Script → facts::analyse → Facts → policy::decide → Decision
//!                                                                               │
//!   Deny ─▶ audit reject ─▶ explain, exit 126                                   │
//!   Allow ─▶ Permit                                                             │
//!   Ask ─▶ audit request ─▶ approver ─▶ Verdict ─▶ Permit | reject (126) | timeout (124)
//!   Permit ─▶ audit accept ─▶ exec::run(Permit) ─▶ recording ─▶ audit exit ─▶ the child's status
//! ```
//!
//! # Invariants
//!
//! - **I1** Nothing starts without a [`Permit`](approval::Permit); a permit is made only from an `Allow` decision or
//!   an `Approve` verdict, its own or that of the accepted run that it is part of.
//! - **I2** What was approved is what runs: [`exec`] takes the command from the permit and nowhere else, and an
//!   approval is bound to a digest of everything that decides what would run. Drift means: ask again.
//! - **I3** Not understood means at least `Ask`; unattended and not understood means no. No timeout ever says yes.
//! - **I4** The strictest part decides: deny > ask > allow over all parts. The order of rules is irrelevant.
//! - **I5** `accept` is written before the child starts, durably for whatever a human approved and for medium and
//!   above. If it cannot be written, nothing runs.
//! - **I6** Untrusted text reaches a terminal, a page or a message only as [`Printable`](ui::Printable).
//! - **I7** The terminal is restored on return, panic and signal.
//! - **I8** The child's status and bytes pass unchanged; without a terminal stdout and stderr stay separate.
//! - **I9** Any error before I5 means "not run"; any doubt means "no".
//! - **I10** The agent cannot answer its own prompt: a verdict counts only if it comes from a place that the gated
//!   process does not control.

pub mod agents;
pub mod approval;
pub mod audit;
pub mod cli;
pub mod config;
pub mod exec;
pub mod exit;
pub mod facts;
pub mod json;
pub mod octets;
pub mod pipeline;
pub mod policy;
pub mod record;
pub mod shell;
pub mod syntax;
pub mod sys;
pub mod ui;
