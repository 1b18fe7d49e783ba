//! Which policy a subcommand is about: what applies here, or what its words name.

use std::path::Path;

use anyhow::Context as _;

use crate::{
    config::{self, Loaded, PolicySource},
    facts::Catalog,
    policy::{self, Compiled, ExampleMachine, Layer, Shipped, Source},
    sys::{caller::CallerEnvironment, files},
};

const LIMIT: u64 = 64 << 20;

/// Most characters of a command line, or of a reason, in a list.
pub(super) const SHOWN: usize = 160;

/// A file's text with who wrote it.
struct Text {
    origin: String,
    layer: Layer,
    text: String,
}

/// The configuration of whoever calls.
pub(super) fn loaded() -> anyhow::Result<Loaded> {
    Ok(config::load(&CallerEnvironment::capture()?)?)
}

/// A file's text.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    let (bytes, _) = files::read_limited(path, LIMIT).with_context(|| path.display().to_string())?;
    String::from_utf8(bytes).with_context(|| path.display().to_string())
}

/// Compiles policies, each a file or the name of one that gate ships with; none stands for what applies here. Files
/// alone stand on the default policy.
pub(super) fn compile(policies: &[String]) -> anyhow::Result<Compiled> {
    if policies.is_empty() {
        return compile_applying(&loaded()?);
    }
    let mut shipped = Vec::new();
    let mut texts = Vec::new();
    for policy in policies {
        match Shipped::of_name(policy) {
            Some(one) => shipped.push(one),
            None => texts.push(read(Path::new(policy), Layer::User)?),
        }
    }
    if shipped.is_empty() {
        shipped.push(Shipped::Default);
    }
    together(&shipped, &texts)
}

/// Compiles a file's text on the default policy.
pub(super) fn compile_text(path: &Path, text: &str) -> anyhow::Result<Compiled> {
    let origin = path.display().to_string();
    together(&[Shipped::Default], &[Text { origin, layer: Layer::User, text: text.to_owned() }])
}

fn compile_applying(loaded: &Loaded) -> anyhow::Result<Compiled> {
    let layer = if loaded.settings.enforce { Layer::Root } else { Layer::User };
    let mut shipped = Vec::new();
    let mut texts = Vec::new();
    for source in &loaded.settings.policy {
        match source {
            PolicySource::Shipped(one) => shipped.push(*one),
            PolicySource::File(path) => texts.push(read(path, layer)?),
        }
    }
    if let Some(project) = loaded.places.project.as_ref().filter(|path| path.exists()) {
        texts.push(read(project, Layer::Project)?);
    }
    together(&shipped, &texts)
}

fn read(path: &Path, layer: Layer) -> anyhow::Result<Text> {
    Ok(Text { origin: path.display().to_string(), layer, text: text(path)? })
}

fn together(shipped: &[Shipped], texts: &[Text]) -> anyhow::Result<Compiled> {
    let mut sources = Shipped::sources(shipped);
    sources.extend(texts.iter().map(|Text { origin, layer, text }| Source {
        origin,
        layer: *layer,
        text,
        identity: None,
    }));
    let examples = ExampleMachine::new(Catalog::built_in());
    Ok(policy::compile(&sources, Some(&examples)).map_err(config::ConfigError::Wrong)?)
}
