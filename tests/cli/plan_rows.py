"""The rows of the command line's table about plans and targets: what is typed, the exit code, and the line told."""

from tests.cli.table import GOOD, REAL, Row

EMULATOR_HOST = "DATASTORE_EMULATOR_HOST"
BAD = 'entities = 0\nrat = "1/s"\n[probes]\nkey_gt = {}\n'
PLANS = [
    Row("a forecast", "plan good.toml", 0, "workload  create: 3 entities a stream at 20/s, 3 in all; probes: key get"),
    Row("a duration", "plan good.toml --duration 3s", 0, "workload  create: 60 entities a stream at 20/s, 60 in all;"),
    Row("a bad duration", "plan good.toml --duration soon", 2, '--duration: "soon" is not a duration'),
    Row("a duration and a number", "plan good.toml --duration 3s -n 5", 2, "--duration and --entities each say how"),
    Row("no time at all", "plan good.toml --duration 0", 2, "good.toml has 1 problem:"),
    Row("a forecast of a bad plan", "plan bad.toml", 2, "bad.toml has 3 problems:", {"bad.toml": BAD}),
    Row("a dry run", "run good.toml --dry-run --run done", 0, "quantiles 3 entities a probe can carry: p50 needs 5,"),
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
        "  --set: entites: is not a setting (did you mean entities?)",
    ),
    Row("--set with a bad value", "run good.toml --set rate=fast", 2, '  --set: rate: "fast" is not a rate'),
    Row("a bad lag", "run good.toml --lag soon", 2, '  --lag: target.lag: "soon" is not a delay: write 150ms'),
    Row(
        "virtual time over a file",
        "run good.toml --channel file",
        2,
        "  --channel: channel: virtual time works only with the in",
    ),
    Row(
        "an unknown target", "run good.toml --target embeded", 2, '  --target: target.backend: "embeded" is not one of'
    ),
    Row("a bad claim", "run good.toml --assert key_get.p99", 2, '--assert: "p99" is not a claim'),
    Row("a claim about no probe", "run good.toml --assert glbal.p9<=1s", 2, '--assert: "glbal" is not a probe'),
    Row("an unknown format", "run good.toml --format xml", 2, '--format xml: "xml" is not one of html, md, json, csv'),
    Row(
        "an environment that is wrong",
        "run good.toml",
        2,
        "  CONSISTENCY_ENTITIES: entities: must be 1 or more",
        environment={"CONSISTENCY_ENTITIES": "0"},
    ),
    Row(
        "a misspelt variable",
        "run good.toml",
        2,
        "  CONSISTENCY_ENTITES: is not a setting (did you mean CONSISTENCY_ENTITIES?)",
        environment={"CONSISTENCY_ENTITES": "5"},
    ),
    Row(
        "a variable that lacks its table",
        "run good.toml",
        2,
        "  CONSISTENCY_LAG: is not a setting (did you mean CONSISTENCY_TARGET__LAG?)",
        environment={"CONSISTENCY_LAG": "1s"},
    ),
    Row(
        "a variable below a value",
        "run good.toml",
        2,
        'CONSISTENCY_ENTITIES__X: entities.x: "entities" is a value of this plan, not a table',
        environment={"CONSISTENCY_ENTITIES__X": "1"},
    ),
    Row(
        "a misspelt probe",
        "run bad.toml",
        2,
        '  line 4: probes.key_gt: "key_gt" is not one of key_get, ',
        {"bad.toml": BAD},
    ),
    Row(
        "strong with a lag in a plan",
        "run x.toml",
        2,
        "  line 10: target.lag: is a setting of the models megastore, replicas, and the model is strong",
        {"x.toml": GOOD + '[target]\nmodel = "strong"\nlag = "1s"\n'},
    ),
    Row(
        "strong with a lag by flags",
        "run good.toml --model strong --lag 1s",
        2,
        "  --lag: target.lag: is a setting of the models megastore, replicas, and the model is strong",
    ),
    Row(
        "a lag beside its parts",
        "run good.toml --lag 1s --apply-a 2s",
        2,
        "  --lag: target.lag: is short for apply_a = 0 and apply_b = lag, and apply_a is there too",
    ),
    Row(
        "a lag for Google's emulator",
        "run real.toml --target google --lag 1s",
        2,
        "  --lag: target.lag: is the embedded emulator's, and the target is google: leave one of them out",
    ),
    Row(
        "a model for Google's emulator",
        "run real.toml --target google --model strong",
        2,
        "  --model: target.model: is the embedded emulator's, and the target is google: leave one of them out",
    ),
    Row(
        "a coin for a model that has none",
        "run good.toml --model bounded --consistency 0.5",
        2,
        "  --consistency: target.consistency: is a setting of the models job_policy, per_read, and the model is",
    ),
    Row(
        "a misspelt routing",
        "run good.toml --model replicas --set target.routing=stiky",
        2,
        '  --set: target.routing: "stiky" is not a routing: choose one of sticky, round_robin, random, client; did you',
    ),
    Row(
        "a misspelt parameter",
        "run good.toml --set target.read_quorm=2",
        2,
        "  --set: target.read_quorm: is not a setting (did you mean read_quorum?)",
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
        f"http://127.0.0.1:1 ({EMULATOR_HOST}): write the host without",
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
        f"Nothing answers at {{free}} ({EMULATOR_HOST}). Start one: consistency serve. Or drop the variable.",
        environment={EMULATOR_HOST: "{free}"},
    ),
    Row(
        "the first line says where",
        "run real.toml",
        1,
        f"target  the emulator at {{free}} ({EMULATOR_HOST})",
        environment={EMULATOR_HOST: "{free}"},
    ),
    Row(
        "no gcloud",
        "run real.toml --target google",
        1,
        "gcloud is not on PATH, so Google's emulator cannot be started.",
        environment={"PATH": ""},
    ),
]
