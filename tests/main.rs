//! The one test binary.

#[cfg(test)]
mod exec;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod support;
#[cfg(test)]
mod syntax;
