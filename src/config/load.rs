//! Reads configuration, or what the last run compiled of it.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use crate::{
    facts::Catalog,
    policy::{self, Corrupt, Layer, Policy, Shipped, Source, SourceIdentity, Whitelist},
    sys::{account::Account, caller::CallerEnvironment, files},
    ui::Diagnostic,
};

use super::{
    Places, PolicySource, Settings,
    cache::{self, Blobs, CacheOwner},
    schema::{Overlay, Owner},
    whitelist::{self, WhitelistFile},
};

const SETTINGS_LIMIT: u64 = 1 << 20;
const POLICY_LIMIT: u64 = 64 << 20;

/// Everything that configuration decides, ready for use.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Where they came from.
    pub places: Places,
    /// Whether they were compiled before, or just now.
    pub origin: Origin,
    /// What was set aside while compiling, for people; empty when nothing was compiled.
    pub warnings: Vec<String>,
    account: Account,
    blobs: Blobs,
}

/// Whether settings and policy were compiled before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// They were.
    Cache,
    /// They were compiled now, and are kept.
    Compiled,
    /// They were compiled now and could not be kept: the next run compiles again.
    Unkept(String),
}

impl Loaded {
    /// The policy.
    ///
    /// # Errors
    /// [`Corrupt`] where the compiled bytes are damaged.
    pub fn policy(&self) -> Result<Policy<'_>, Corrupt> {
        Policy::open(self.blobs.policy())
    }

    /// What reviewers approved for longer than once.
    ///
    /// # Errors
    /// [`Corrupt`] where the compiled bytes are damaged.
    pub fn whitelist(&self) -> Result<Whitelist<'_>, Corrupt> {
        match self.blobs.whitelist() {
            [] => Ok(Whitelist::empty()),
            bytes => Whitelist::open(bytes),
        }
    }

    /// What is known of programs: the built-in catalog, with the files of the configured directory over it.
    ///
    /// # Errors
    /// Where a file there cannot be read or used, or could have been written by the wrong people.
    pub fn catalog(&self) -> Result<Catalog, ConfigError> {
        let trust = trust(self.settings.enforce, &self.account);
        match &self.settings.catalog {
            Some(directory) => with_user_files(directory, trust),
            None => Ok(Catalog::built_in()),
        }
    }

    /// The file that holds what reviewers approve for longer than once.
    #[must_use]
    pub fn whitelist_file(&self) -> WhitelistFile {
        let state = if self.settings.enforce { &self.places.machine_state } else { &self.settings.state };
        WhitelistFile::at(Places::whitelist(state))
    }
}

/// Why there are no settings; then nothing runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// Neither the environment nor `/etc/passwd` names a home directory.
    NoHome,
    /// A file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Somebody could have written a file who must not.
    Untrusted(files::Untrusted),
    /// Files that say what cannot be used.
    Wrong(Vec<Diagnostic>),
    /// A catalog file that says what cannot be used.
    Catalog(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => {
                formatter.write_str("no home directory: there is no place for configuration and state")
            }
            Self::Unreadable { path, why } => write!(formatter, "cannot read {}: {why}", path.display()),
            Self::Untrusted(untrusted) => write!(formatter, "{untrusted}"),
            Self::Catalog(message) => formatter.write_str(message),
            Self::Wrong(findings) => {
                let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
                formatter.write_str(&findings.join("\n"))
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoHome => "set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME, to absolute paths".to_owned(),
            Self::Unreadable { .. } => {
                "nothing runs until it can be read; `gate doctor` checks all files".to_owned()
            }
            Self::Untrusted(untrusted) => untrusted.hint.clone(),
            Self::Wrong(_) | Self::Catalog(_) => {
                "nothing runs until this is mended; `gate policy check` tries it".to_owned()
            }
        }
    }
}

/// Loads settings, policy and whitelist for a caller.
///
/// # Errors
/// [`ConfigError`]: then nothing may run (I9).
pub fn load(caller: &CallerEnvironment) -> Result<Loaded, ConfigError> {
    load_from(Places::of(caller).ok_or(ConfigError::NoHome)?, caller)
}

/// Loads from these places; tests give their own.
pub(super) fn load_from(places: Places, caller: &CallerEnvironment) -> Result<Loaded, ConfigError> {
    let machine = glance(&places)?;
    let project = project_rules(&places);
    let listed = base_sources(&places, &machine, project.as_deref());
    let account = caller.account.clone();
    let (owner, directory) = match machine {
        Machine::MayEnforce => (CacheOwner::Root, places.machine_cache.clone()),
        Machine::CannotEnforce => (CacheOwner::Account(caller.account.uid), places.state.clone()),
    };
    let file = directory.join(cache::file_name(&listed));
    if let Some(cache::Cached { settings, blobs }) = cache::open(&file, owner, &listed) {
        let settings = settled(settings, &places);
        return Ok(Loaded { settings, places, origin: Origin::Cache, warnings: Vec::new(), account, blobs });
    }
    let mut compiler = Compiler::new(&places, caller, project, &listed);
    let settings = compiler.settings()?;
    let (bytes, blobs) = compiler.blobs(&settings)?;
    let kept = if owner == CacheOwner::Root && !settings.enforce {
        Err(io::Error::other("the machine's file names `enforce` and does not switch it on"))
    } else {
        keep(&file, &bytes, owner, caller.account.uid)
    };
    let origin = kept.map_or_else(|error| Origin::Unkept(error.to_string()), |()| Origin::Compiled);
    let (settings, warnings) = (settled(settings, &places), compiler.warnings);
    Ok(Loaded { settings, places, origin, warnings, account, blobs })
}

/// Under `enforce` what is compiled holds for every account, so the state directory is the caller's own by then.
fn settled(mut settings: Settings, places: &Places) -> Settings {
    if settings.state.as_os_str().is_empty() {
        settings.state.clone_from(&places.enforced_state);
    }
    settings
}

/// The project's rules, unless there certainly are none.
fn project_rules(places: &Places) -> Option<PathBuf> {
    let file = places.project.clone()?;
    let absent = files::identity(&file).is_ok_and(|identity| identity.inode == 0);
    (!absent).then_some(file)
}

/// What a glance at the machine's file tells.
enum Machine {
    /// It is not there, or says nothing of enforcing: no cache of the account's own can hide that.
    CannotEnforce,
    /// It may say so: only root's cache is believed.
    MayEnforce,
}

/// Looks at the machine's file without reading TOML. A key can be spelled with escapes, so a backslash counts too.
fn glance(places: &Places) -> Result<Machine, ConfigError> {
    let path = places.machine_file();
    if files::identity(&path).map_err(|error| unreadable(&path, &error))?.inode == 0 {
        return Ok(Machine::CannotEnforce);
    }
    let (text, _) = files::read_limited(&path, SETTINGS_LIMIT).map_err(|error| unreadable(&path, &error))?;
    let says = text.windows(7).any(|window| window == b"enforce") || text.contains(&b'\\');
    Ok(if says { Machine::MayEnforce } else { Machine::CannotEnforce })
}

/// The files that are always looked at, present or not, in the order of the cache.
fn base_sources(places: &Places, machine: &Machine, project: Option<&Path>) -> Vec<PathBuf> {
    let mut listed = vec![places.machine_file(), Places::whitelist(&places.machine_state)];
    if matches!(machine, Machine::CannotEnforce) {
        listed.extend([places.account_file(), Places::whitelist(&places.state)]);
    }
    listed.extend(project.map(Path::to_path_buf));
    listed
}

fn keep(file: &Path, bytes: &[u8], owner: CacheOwner, uid: u32) -> io::Result<()> {
    let directory = file.parent().unwrap_or(Path::new("/"));
    match owner {
        CacheOwner::Account(uid) => files::private_directory(directory, uid)?,
        CacheOwner::Root if uid == 0 => std::fs::create_dir_all(directory)?,
        CacheOwner::Root => {
            return Err(io::Error::other("only root may write it: run `gate policy compile` as root"));
        }
    }
    cache::store(file, bytes, owner)
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError::Unreadable { path: path.to_path_buf(), why: error.to_string() }
}

/// What the account may have written: under `enforce` nothing.
const fn trust(enforce: bool, account: &Account) -> files::Trust {
    if enforce { files::Trust::Root } else { files::Trust::Account { uid: account.uid, gid: account.gid } }
}

/// The built-in catalog with the `*.toml` files of a directory over it, in the order of their names.
fn with_user_files(directory: &Path, trust: files::Trust) -> Result<Catalog, ConfigError> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Catalog::built_in()),
        Err(error) => return Err(unreadable(directory, &error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| unreadable(directory, &error))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort_unstable();
    paths.iter().try_fold(Catalog::built_in(), |catalog, path| {
        trust.check(path).map_err(ConfigError::Untrusted)?;
        let (bytes, _) =
            files::read_limited(path, SETTINGS_LIMIT).map_err(|error| unreadable(path, &error))?;
        let text =
            String::from_utf8(bytes).map_err(|_| unreadable(path, &io::Error::other("this is no UTF-8")))?;
        let origin = path.display().to_string();
        catalog.with_user(&text, &origin).map_err(|error| ConfigError::Catalog(error.to_string()))
    })
}

/// Reads every source, remembering what the kernel said of each.
struct Compiler<'a> {
    places: &'a Places,
    caller: &'a CallerEnvironment,
    project: Option<PathBuf>,
    sources: Vec<SourceIdentity>,
    policy_layer: Layer,
    warnings: Vec<String>,
}

/// A policy text with where it came from.
struct Text {
    origin: String,
    layer: Layer,
    text: String,
    identity: Option<SourceIdentity>,
}

impl<'a> Compiler<'a> {
    fn new(
        places: &'a Places,
        caller: &'a CallerEnvironment,
        project: Option<PathBuf>,
        listed: &[PathBuf],
    ) -> Self {
        let sources = listed.iter().map(|path| unknown(path)).collect();
        Self { places, caller, project, sources, policy_layer: Layer::User, warnings: Vec::new() }
    }

    const fn trust(&self, enforce: bool) -> files::Trust {
        trust(enforce, &self.caller.account)
    }

    fn settings(&mut self) -> Result<Settings, ConfigError> {
        let machine = self.overlay(&self.places.machine_file(), Owner::Root)?;
        let enforce = machine.as_ref().and_then(|overlay| overlay.enforce).unwrap_or(false);
        let account = match enforce {
            true => None,
            false => self.overlay(&self.places.account_file(), Owner::Account)?,
        };
        let (state, catalog) = match enforce {
            true => (PathBuf::new(), self.places.machine.join("catalog")),
            false => (self.places.state.clone(), self.places.account.join("catalog")),
        };
        let mut settings = Settings::built_in(state, Some(catalog));
        if let Some(account) = account {
            account.apply(&mut settings);
        }
        if let Some(machine) = machine {
            if machine.policy.is_some() {
                self.policy_layer = Layer::Root;
            }
            machine.apply(&mut settings);
        }
        if settings.enforce {
            for shell in [&settings.shell, &settings.sh] {
                files::Trust::Root.check(shell).map_err(ConfigError::Untrusted)?;
            }
        }
        Ok(settings)
    }

    fn overlay(&mut self, path: &Path, owner: Owner) -> Result<Option<Overlay>, ConfigError> {
        let trust = match owner {
            Owner::Root => files::Trust::Root,
            Owner::Account => self.trust(false),
        };
        let Some((text, _)) = self.text(path, trust, SETTINGS_LIMIT)? else { return Ok(None) };
        Overlay::read(path, &text, owner).map(Some).map_err(ConfigError::Wrong)
    }

    fn blobs(&mut self, settings: &Settings) -> Result<(Vec<u8>, Blobs), ConfigError> {
        let texts = self.policy_texts(settings)?;
        let sources: Vec<Source<'_>> = texts.iter().map(Text::source).collect();
        let compiled = policy::compile(&sources, Some(&policy::ExampleMachine::new(Catalog::built_in())))
            .map_err(ConfigError::Wrong)?;
        self.warnings.extend(compiled.warnings.iter().map(ToString::to_string));
        let whitelist = self.whitelist(settings)?;
        cache::make(settings, &self.sources, &compiled.bytes, &whitelist).ok_or_else(|| {
            unreadable(Path::new("the compiled settings"), &io::Error::other("they cannot be read back"))
        })
    }

    fn policy_texts(&mut self, settings: &Settings) -> Result<Vec<Text>, ConfigError> {
        let shipped: Vec<Shipped> = settings.policy.iter().filter_map(PolicySource::shipped).collect();
        let mut texts: Vec<Text> = Shipped::sources(&shipped).into_iter().map(Text::built_in).collect();
        for source in &settings.policy {
            if let PolicySource::File(path) = source {
                texts.push(self.policy_file(path, settings.enforce)?);
            }
        }
        if let Some(path) = self.project.clone() {
            // Whoever writes the project may write these rules: they can only tighten.
            if let Some((text, identity)) = self.read(&path, POLICY_LIMIT)? {
                let origin = path.display().to_string();
                texts.push(Text { origin, layer: Layer::Project, text, identity: Some(identity) });
            }
        }
        Ok(texts)
    }

    fn policy_file(&mut self, path: &Path, enforce: bool) -> Result<Text, ConfigError> {
        let missing = || unreadable(path, &io::Error::other("there is no such file, and `policy` names it"));
        let (text, identity) = self.text(path, self.trust(enforce), POLICY_LIMIT)?.ok_or_else(missing)?;
        let origin = path.display().to_string();
        Ok(Text { origin, layer: self.policy_layer, text, identity: Some(identity) })
    }

    /// A whitelist that cannot be read counts for nothing: then more is asked, never less.
    fn whitelist(&mut self, settings: &Settings) -> Result<Vec<u8>, ConfigError> {
        self.see(&Places::whitelist(&self.places.machine_state));
        let path =
            Places::whitelist(if settings.enforce { &self.places.machine_state } else { &settings.state });
        let Some((text, _)) = self.text(&path, self.trust(settings.enforce), whitelist::LIMIT)? else {
            return Ok(Vec::new());
        };
        match policy::read_whitelist(&path.display().to_string(), &text) {
            Ok(entries) if entries.is_empty() => Ok(Vec::new()),
            Ok(entries) => Ok(policy::compile_whitelist(&entries)),
            Err(findings) => {
                self.warnings.extend(findings.iter().map(ToString::to_string));
                Ok(Vec::new())
            }
        }
    }

    fn text(
        &mut self,
        path: &Path,
        trust: files::Trust,
        limit: u64,
    ) -> Result<Option<(String, SourceIdentity)>, ConfigError> {
        let read = self.read(path, limit)?;
        if read.is_some() {
            trust.check(path).map_err(ConfigError::Untrusted)?;
        }
        Ok(read)
    }

    fn read(&mut self, path: &Path, limit: u64) -> Result<Option<(String, SourceIdentity)>, ConfigError> {
        if !self.see(path) {
            return Ok(None);
        }
        let (bytes, identity) = files::read_limited(path, limit).map_err(|error| unreadable(path, &error))?;
        self.remember(identity.clone());
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some((text, identity))),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let origin = path.display().to_string();
                let found = Diagnostic::error(&origin, error.as_bytes(), at..at + 1, "this is no UTF-8");
                Err(ConfigError::Wrong(vec![found]))
            }
        }
    }

    /// Remembers a file as it is now; `false` where it is not there.
    fn see(&mut self, path: &Path) -> bool {
        match files::identity(path) {
            Ok(identity) => {
                let there = identity.inode != 0;
                self.remember(identity);
                there
            }
            Err(_) => true,
        }
    }

    fn remember(&mut self, identity: SourceIdentity) {
        match self.sources.iter_mut().find(|known| known.path == identity.path) {
            Some(known) => *known = identity,
            None => self.sources.push(identity),
        }
    }
}

fn unknown(path: &Path) -> SourceIdentity {
    SourceIdentity { path: path.as_os_str().as_encoded_bytes().to_vec(), ..SourceIdentity::default() }
}

impl Text {
    fn built_in(source: Source<'_>) -> Self {
        let Source { origin, layer, text, identity } = source;
        Self { origin: origin.to_owned(), layer, text: text.to_owned(), identity }
    }

    fn source(&self) -> Source<'_> {
        Source { origin: &self.origin, layer: self.layer, text: &self.text, identity: self.identity.clone() }
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
