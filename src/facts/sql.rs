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
    if let Some(pragma) = strip_word(text, "pragma") {
        return tells(pragma);
    }
    let Some(tokens) = tokens(text.strip_suffix(';').unwrap_or(text)) else { return false };
    let first = tokens.first().map_or("", String::as_str);
    matches!(first, "select" | "show" | "describe" | "desc" | "explain" | "values")
        && tokens.windows(2).all(harmless)
        && tokens.iter().all(|token| !CHANGES.contains(&token.as_str()))
}

/// The text behind a word that it begins with, in any case.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (first, rest) = text.split_once(|character: char| character.is_ascii_whitespace())?;
    first.eq_ignore_ascii_case(word).then_some(rest)
}

/// Whether a pragma of SQLite only tells of the schema or of the file: `table_info(users)`, `user_version`.
fn tells(pragma: &str) -> bool {
    const PRAGMAS: [&str; 13] = [
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "foreign_key_list",
        "database_list",
        "collation_list",
        "function_list",
        "compile_options",
        "page_count",
        "page_size",
        "user_version",
    ];
    let pragma = pragma.strip_suffix(';').unwrap_or(pragma).trim();
    let (name, rest) =
        pragma.split_at_checked(pragma.find('(').unwrap_or(pragma.len())).unwrap_or((pragma, ""));
    let argument = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // `user_version(7)` sets it.
    let asks = rest.is_empty() || name.contains("_info") || name.contains("_list");
    PRAGMAS.contains(&name.trim().to_ascii_lowercase().as_str())
        && asks
        && (rest.is_empty() || argument.is_some_and(|argument| is_name(argument.trim_matches(['\'', '"']))))
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
    fn a_pragma_that_tells_is_told_from_one_that_sets() {
        for text in [
            "PRAGMA table_info(users)",
            "pragma index_list('t');",
            "PRAGMA user_version",
            "PRAGMA database_list;",
        ] {
            assert!(only_reads(text.as_bytes()), "{text}");
        }
        for text in [
            "PRAGMA user_version = 7",
            "PRAGMA user_version(7)",
            "PRAGMA journal_mode",
            "PRAGMA table_info(a); DROP TABLE a",
            "PRAGMA table_info(a) --",
            "PRAGMA writable_schema=1",
            "PRAGMAx table_info(a)",
            "PRAGMA",
        ] {
            assert!(!only_reads(text.as_bytes()), "{text}");
        }
    }

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
