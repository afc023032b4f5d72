"""Rows of the command line's table: what beginners do wrong with targets, credentials and values."""

from consistency.plan_file import EMULATOR_HOST
from tests.cli.table import REAL, Row

NO_CLOUD = {
    "GOOGLE_APPLICATION_CREDENTIALS": "",
    "CLOUDSDK_CONFIG": "nowhere",
    "CLOUDSDK_CORE_PROJECT": "",
    "NO_GCE_CHECK": "true",
}
LIVE = "run real.toml --target live --project acme-prod"


def _put(setting: str, value: str) -> dict[str, str]:
    return {"x.toml": f'entities = 3\n[probes.key_get]\ninterval = "50ms"\n{setting} = {value}\n'}


MISTAKES = [
    Row(
        "no credentials",
        f"{LIVE} --confirm-project acme-prod",
        1,
        'No Google credentials found. Run "gcloud auth application-default login", or set GOOGLE_APPLICATION_CREDEN',
        environment=NO_CLOUD,
    ),
    Row(
        "no project, and gcloud has one",
        "run real.toml --target live",
        2,
        '--target live needs --project. gcloud\'s current project is "acme-dev"; pass it explicitly if that is',
        environment=NO_CLOUD | {"CLOUDSDK_CORE_PROJECT": "acme-dev"},
    ),
    Row(
        "no project anywhere",
        "plan real.toml --set target.backend=live",
        2,
        "--target live needs --project. No project is taken for granted: type its id.",
        environment=NO_CLOUD,
    ),
    Row("live without consent", LIVE, 5, "Refused: this would write 3 entities to project acme-prod, database (defa"),
    Row(
        "live, and an emulator in the environment",
        f"{LIVE} --confirm-project acme-prod",
        2,
        f"{EMULATOR_HOST}={{free}} is set, but the plan or the command asks for target live. Unset it: env -u",
        environment={EMULATOR_HOST: "{free}"},
    ),
    Row("a port that is taken", "serve --host-port {busy}", 1, "{busy} is in use by pid "),
    Row(
        "too few", "run x.toml", 2, "  line 4: probes.key_get.confirm: must be 0 or more, not -1", _put("confirm", "-1")
    ),
    Row("a word", "run x.toml", 2, "  line 4: probes.key_get.confirm: must be a whole nu", _put("confirm", '"no"')),
    Row("no truth", "run x.toml", 2, "  line 4: probes.key_get.dither: must be true or fa", _put("dither", "7")),
    Row("no text", "run x.toml", 2, "  line 4: probes.key_get.age: must be text in quote", _put("age", "5")),
    Row("no table", "run x.toml", 2, "  line 1: target: must be a table, not 3", {"x.toml": "target = 3\n" + REAL}),
]
