//! SQL texts: the queries that only look, told from everything else.

/// Functions that compute from their arguments alone.
const FUNCTIONS: [&str; 36] = [
    "abs",
    "avg",
    "cast",
    "char_length",
    "coalesce",
    "concat",
    "count",
    "current_database",
    "date",
    "date_trunc",
    "datetime",
    "distinct",
    "extract",
    "group_concat",
    "ifnull",
    "in",
    "json_extract",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "now",
    "nullif",
    "over",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "strftime",
    "substr",
    "sum",
    "to_char",
    "trim",
    "upper",
    "version",
];

/// Words that may stand in front of a parenthesis without being functions.
const BEFORE_PARENTHESES: [&str; 14] = [
    "all", "and", "any", "as", "by", "exists", "from", "having", "not", "on", "or", "select", "then", "where",
];

/// Words of statements that change, lock, load or run something.
const CHANGES: [&str; 44] = [
    "alter",
    "analyze",
    "attach",
    "call",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "delete",
    "detach",
    "do",
    "drop",
    "dumpfile",
    "exec",
    "execute",
    "fetch",
    "for",
    "grant",
    "handler",
    "import",
    "insert",
    "into",
    "kill",
    "listen",
    "load",
    "lock",
    "merge",
    "notify",
    "outfile",
    "pragma",
    "prepare",
    "procedure",
    "refresh",
    "reindex",
    "rename",
    "reset",
    "returning",
    "revoke",
    "set",
    "source",
    "system",
    "truncate",
    "update",
];

/// Whether a text is one query that only reads, or one that lists what there is; anything doubtful is not.
pub(super) fn only_reads(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let text = text.trim();
    if let Some(command) = text.strip_prefix(['.', '\\']) {
        return lists(command, text.starts_with('.'));
    }
    let Some(tokens) = tokens(text.strip_suffix(';').unwrap_or(text)) else { return false };
    let first = tokens.first().map_or("", String::as_str);
    matches!(first, "select" | "show" | "describe" | "desc" | "explain" | "values")
        && tokens.windows(2).all(harmless)
        && tokens.iter().all(|token| !CHANGES.contains(&token.as_str()))
}

fn harmless(pair: &[String]) -> bool {
    let [before, "("] = [pair.first(), pair.last()].map(|token| token.map_or("", String::as_str)) else {
        return true;
    };
    let is_word = before.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    !is_word || FUNCTIONS.contains(&before) || BEFORE_PARENTHESES.contains(&before)
}

/// `.tables` and `.schema x` of sqlite3; `\dt` and `\d x` of psql.
fn lists(command: &str, dotted: bool) -> bool {
    let mut words = command.split_ascii_whitespace();
    let verb = words.next().unwrap_or("");
    let known = if dotted {
        matches!(verb, "tables" | "schema" | "databases" | "indexes" | "indices" | "dbinfo" | "fullschema")
    } else {
        verb == "conninfo"
            || verb.starts_with(['d', 'l'])
                && verb.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'+')
    };
    let is_name = |word: &str| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'*' | b'%'))
    };
    known && words.clone().count() <= 1 && words.all(is_name) && !command.contains(['\n', '\r'])
}

/// Words in lower case, literals, and single signs; `None`: a comment, an escape or an open literal.
fn tokens(text: &str) -> Option<Vec<String>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => 2 + rest.get(1..)?.find('\'')?,
            _ if first.is_ascii_alphanumeric() || first == '_' => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())
            }
            _ if first.is_ascii_whitespace() || "(),.*=<>+%".contains(first) => 1,
            '-' | '/' if !rest.starts_with("--") && !rest.starts_with("/*") => 1,
            _ => return None,
        };
        let (token, behind) = rest.split_at_checked(length)?;
        if !first.is_ascii_whitespace() {
            tokens.push(token.to_ascii_lowercase());
        }
        if token.contains('\\') {
            return None;
        }
        rest = behind;
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use super::only_reads;

    #[test]
    fn queries_that_only_look_are_told_apart() {
        for text in [
            "SELECT count(*) FROM users",
            "select 1;",
            "SELECT a, max(b) FROM t WHERE name LIKE 'a%' GROUP BY a ORDER BY 1 LIMIT 5",
            "SHOW TABLES",
            "SELECT * FROM t WHERE id IN (SELECT id FROM u)",
            ".tables",
            ".schema users",
            "\\dt",
            "\\d+ users",
        ] {
            assert!(only_reads(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        for text in [
            "",
            "DROP TABLE users",
            "SELECT 1; DROP TABLE users",
            "SELECT load_extension('x')",
            "SELECT writefile('x', 'y')",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT \"pg_sleep\"(5)",
            "SELECT * INTO OUTFILE '/tmp/x' FROM t",
            "SELECT a FROM t FOR UPDATE",
            "EXPLAIN ANALYZE DELETE FROM t",
            "SELECT 1 -- x",
            "SELECT 1 /*!50000 INTO OUTFILE 'x' */",
            "SELECT 'a\\'; DROP TABLE t; --'",
            "SELECT 'open",
            ".shell rm -rf ~",
            ".tables\n.shell id",
            ".schema |id",
            "\\! rm -rf ~",
            "\\dt | id",
            "\\copy t to program 'id'",
            "with x as (delete from t returning *) select * from x",
        ] {
            assert!(!only_reads(text.as_bytes()), "{text}");
        }
    }
}
