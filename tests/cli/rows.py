"""The rows of the command line's table: what is typed, the exit code, and how the line begins that says why."""

from tests.cli.table import LAGGED, REAL, RUN, Row, copy_history, cut, remove, replace_line, write_journal

EMULATOR_HOST = "DATASTORE_EMULATOR_HOST"
EMPTY = remove("history-reader.jsonl", "history-writer.jsonl")
BAD = 'entities = 0\nrat = "1/s"\n[probes]\nkey_gt = {}\n'
PLANS = [
    Row("mistakes are counted", "run bad.toml", 2, "bad.toml has 3 problems:", {"bad.toml": BAD}),
    Row(
        "mistakes have lines",
        "run bad.toml",
        2,
        "  line 2: rat: is not a setting (did you mean rate?)",
        {"bad.toml": BAD},
    ),
    Row("a missing plan", "run none.toml", 2, "none.toml cannot be read: No such file or directory."),
    Row("a plan that is no TOML", "run x.toml", 2, "x.toml is not TOML: ", {"x.toml": "entities = \n"}),
    Row("a plan that is no text", "run x.toml", 2, "x.toml is not TOML: ", {"x.toml": b"\xff\xfe"}),
    Row("--set without a value", "run good.toml --set entities", 2, "--set entities: write KEY=VALUE"),
    Row(
        "--set of an unknown key",
        "run good.toml --set entites=5",
        2,
        "  entites: is not a setting (did you mean entities?)",
    ),
    Row("--set with a bad value", "run good.toml --set rate=fast", 2, '  line 2: rate: "fast" is not a rate'),
    Row("a bad lag", "run good.toml --lag soon", 2, '  target.lag: "soon" is not a delay: write 150ms'),
    Row(
        "virtual time over a file", "run good.toml --channel file", 2, "  channel: virtual time works only with the in"
    ),
    Row("an unknown target", "run good.toml --target embeded", 2, '  target.backend: "embeded" is not one of'),
    Row("a bad claim", "run good.toml --assert key_get.p99", 2, '--assert: "p99" is not a claim'),
    Row("a claim about no probe", "run good.toml --assert glbal.p9<=1s", 2, '--assert: "glbal" is not a probe'),
    Row("an unknown format", "run good.toml --format xml", 2, '--format xml: "xml" is not one of html, md, json, csv'),
    Row(
        "an environment that is wrong",
        "run good.toml",
        2,
        "  line 1: entities: Input should be greater",
        environment={"CONSISTENCY_ENTITIES": "0"},
    ),
]
TARGETS = [
    Row(
        "two targets",
        "run real.toml --target google",
        2,
        f"{EMULATOR_HOST}={{free}} is set, but the plan or the command asks for target google.",
        environment={EMULATOR_HOST: "{free}"},
    ),
    Row(
        "a target in the plan",
        "run t.toml",
        2,
        f"{EMULATOR_HOST}={{free}} is set, but",
        {"t.toml": REAL + '[target]\nlag = "1s"\n'},
        {EMULATOR_HOST: "{free}"},
    ),
    Row(
        "http:// in --host",
        "run real.toml --host http://127.0.0.1:1",
        2,
        "http://127.0.0.1:1 (target.host): write the host without http://",
    ),
    Row(
        "http:// in the environment",
        "run real.toml",
        2,
        "http://127.0.0.1:1 (target.host): write the host without",
        environment={EMULATOR_HOST: "http://127.0.0.1:1"},
    ),
    Row(
        "no address", "run real.toml --host localhost", 2, "localhost (target.host) is not an address: write HOST:PORT"
    ),
    Row(
        "nobody there",
        "run real.toml --host {free}",
        1,
        "Nothing answers at {free} (target.host). Start one: consistency serve.",
    ),
    Row(
        "nobody there, by environment",
        "run real.toml",
        1,
        "Nothing answers at {free} (target.host).",
        environment={EMULATOR_HOST: "{free}"},
    ),
    Row(
        "the first line says where",
        "run real.toml",
        1,
        f"target  the emulator at {{free}} ({EMULATOR_HOST})",
        environment={EMULATOR_HOST: "{free}"},
    ),
    Row("docker", "run real.toml --target docker", 2, "This version cannot open target docker."),
    Row("live", "run real.toml --target live", 2, "This version cannot open target live."),
    Row(
        "no gcloud",
        "run real.toml --target google",
        1,
        "gcloud is not on PATH, so Google's emulator cannot be started.",
        environment={"PATH": ""},
    ),
]
RUNS = [
    Row("a name that is taken", "run good.toml --run done", 2, "runs/good/done exists already: choose another --run."),
    Row("an --out that is a file", "run good.toml --out good.toml", 1, "good.toml/good/"),
    Row("a run that is none", "check none", 2, "none is not a run: neither it nor runs/none holds a manifest.json."),
    Row("a report of none", "report runs/good", 2, "runs/good is not a run: neither it nor"),
    Row("no latest run", "check latest --out elsewhere", 2, "latest is not a run:"),
    Row("a run, judged again", f"check {RUN}", 0, "✓ key_get: always visible"),
    Row("a run by its id", "check good/done", 0, "✓ key_get: always visible"),
    Row("the latest run", "check latest", 0, "✓ key_get: always visible"),
    Row("one claim more", f"check {RUN} --assert key_get.p50<=9s", 4, "? key_get: p50<=9s: cannot tell."),
    Row(
        "a torn history",
        f"check {RUN}",
        0,
        "history-reader.jsonl: the last line is torn and was left out.",
        prepare=cut("history-reader.jsonl", 9),
    ),
    Row(
        "a history that has no end",
        f"check {RUN}",
        0,
        "Process reader was cut off",
        prepare=cut("history-reader.jsonl", 9),
    ),
    Row(
        "a damaged history",
        f"check {RUN}",
        1,
        f"{RUN}/history-reader.jsonl, line 3 is not an event (",
        prepare=replace_line("history-reader.jsonl", 3, b"nonsense"),
    ),
    Row(
        "a history that lacks its beginning",
        f"check {RUN}",
        1,
        "Operation 0 of process reader ends but never began:",
        prepare=replace_line("history-reader.jsonl", 1, b""),
    ),
    Row(
        "a history twice",
        f"check {RUN}",
        1,
        "Operation 0 of process reader is in the histories twice:",
        prepare=copy_history,
    ),
    Row("no histories", f"check {RUN}", 4, "? key_get: always visible: cannot tell.", prepare=EMPTY),
    Row(
        "a damaged manifest",
        f"check {RUN}",
        1,
        f"{RUN} holds a damaged manifest or plan: ",
        prepare=replace_line("manifest.json", 2, b"nonsense"),
    ),
    Row(
        "a manifest that is no text",
        f"check {RUN}",
        1,
        f"{RUN} holds a damaged manifest or plan: ",
        prepare=replace_line("manifest.json", 2, b'"\xff": 1,'),
    ),
    Row("a damaged plan", f"check {RUN}", 1, f"{RUN} holds a damaged manifest or plan: ", prepare=cut("plan.json", 9)),
    Row(
        "no plan",
        f"check {RUN}",
        1,
        f"{RUN} is not a run: {RUN}/plan.json cannot be read.",
        prepare=remove("plan.json"),
    ),
    Row(
        "a damaged truth", f"check {RUN}", 1, f"{RUN}/truth.jsonl", prepare=replace_line("truth.jsonl", 1, b"nonsense")
    ),
]
CLAIM_ALL = '[claims]\nglobal_query = "always visible"\n'
CLAIM_P99 = '[claims]\nglobal_query = "p99 <= 5s"\n'
VERDICTS = [
    Row("a claim holds", "run good.toml -q --no-report --assert key_get=p50<=9s -n 5", 0, "✓ key_get: p50<=9s: holds."),
    Row(
        "a claim is broken",
        "run lag.toml -q --no-report",
        3,
        "✗ global_query: always visible: broken.",
        {"lag.toml": LAGGED + CLAIM_ALL},
    ),
    Row(
        "too few to tell",
        "run lag.toml -q --no-report",
        4,
        "? global_query: p99 <= 5s: cannot tell.",
        {"lag.toml": LAGGED + CLAIM_P99},
    ),
    Row("no claims", "run good.toml -q --no-report", 0, "Run: runs/good/"),
]
OTHERS = [
    Row("an unknown command", "rnu good.toml", 2, "Error: No such command 'rnu'. Did you mean 'run'?"),
    Row("an unlike command", "zzz", 2, "Error: No such command 'zzz'."),
    Row("an unknown option", "run good.toml --lga 1s", 2, "Error: No such option '--lga'. Did you mean"),
    Row("no plan at all", "run", 2, "Error: Missing argument 'PLAN'."),
    Row("help", "--help", 0, "Usage: "),
    Row("help of a command", "run -h", 0, "Usage: "),
    Row("a port that is taken", "serve --host-port {busy}", 1, "{busy} cannot be listened on: Address already in use."),
    Row("no port", "serve --host-port localhost", 2, "--host-port localhost: write HOST:PORT"),
    Row("a port beyond", "serve --host-port 127.0.0.1:99999", 2, "--host-port 127.0.0.1:99999: write HOST:PORT"),
    Row(
        "an unknown model",
        "serve --model megastor",
        2,
        '"megastor" is not a consistency model: choose one of strong, megastore; did',
    ),
    Row("a coin", "serve --consistency 0.9", 2, "--consistency 0.9: a share of writes between none and all needs the"),
    Row("no share", "serve --consistency=2", 2, "--consistency 2: a share of writes lies between 0 and 1, and 2 does"),
    Row(
        "two ways to be consistent",
        "serve --consistency 1 --use-firestore-in-datastore-mode",
        2,
        "--consistency and --use-firestore-in-datastore-mode each choose how consistent the emulator is: name one",
    ),
    Row(
        "gcloud's way and ours",
        "serve --use-firestore-in-datastore-mode --lag 1s",
        2,
        "--use-firestore-in-datastore-mode and --lag each choose how consistent the emulator is: name one",
    ),
    Row("strong with a lag", "serve --model strong --lag 1s", 2, "a lag is of the model megastore, not of strong"),
    Row("an unknown mode", "serve --concurrency hopeful", 2, '"hopeful" is not a mode of concurrency: choose one of'),
    Row("unknown limits", "serve --limits none", 2, '"none" is not a profile of limits: choose one of'),
    Row("a new data folder", "serve --data-dir data -- true", 0, "data is kept: the last commit found is 0"),
    Row("no data folder", "serve --data-dir good.toml -- true", 1, "good.toml cannot hold data: File exists"),
    Row(
        "a damaged data folder",
        "serve --data-dir data -- true",
        1,
        "data/datastore.sqlite cannot be used and was left as it is: ",
        prepare=lambda folder: write_journal(folder, b"not a journal, and longer than nothing"),
    ),
    Row("a parent and a command", "serve --with-parent -- true", 2, "--with-parent watches standard input, which"),
    Row("a command that succeeds", "serve -- true", 0, "export DATASTORE_EMULATOR_HOST=127.0.0.1:"),
    Row("a command that fails", "serve --seed 3 -- false", 1, "Dev App Server is now running."),
    Row("a command that a signal ends", "serve sh -c kill${{IFS}}-9${{IFS}}$$", 137, "Dev App Server is now running."),
    Row("no such command", "serve -- no-such-program", 127, "no-such-program cannot be run: No such file or directory"),
    Row("a folder for a command", "serve -- ./runs", 126, "./runs cannot be run: Permission denied"),
    Row("for everybody", "serve --host-port 0.0.0.0:0 -- true", 0, "warning: other machines can reach 0.0.0.0:"),
    Row("a bad delay", "serve --lag soon", 2, '"soon" is not a delay'),
    Row(
        "a truth log nowhere",
        "serve --host-port :0 --truth-log none/truth.jsonl",
        1,
        "none/truth.jsonl cannot be written: No such",
    ),
    Row("no writer", "read real.toml --wait 0", 1, "No writer has begun at runs/real/queue.jsonl within 0 s."),
    Row(
        "a damaged queue",
        "read real.toml --queue q --wait 0",
        1,
        "q, line 1 is not a line of a queue file:",
        {"real.toml": REAL, "q": "nonsense\n"},
    ),
    Row("a queue that is a folder", "read real.toml --queue runs --wait 0", 1, "runs cannot be read: Is a directory"),
]
