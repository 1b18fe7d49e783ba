//! What analysis says of commands that people labelled.

mod corpus;
