"""Go's and Java's clients, built and run where the toolchain is there and its packages can be had."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.components import require_component

FOLDER = Path(__file__).parent
SDK_JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"  # it has grpc-java, Netty and the stubs
EXPECTED = {"title": "Blue", "number": 2, "deleted": True, "paged": 450, "count": 100}
BUILD_TIMEOUT_S = 300.0
pytestmark = pytest.mark.slow


def run(words: list[str], folder: Path, why_not: str) -> str:
    """What the command prints; skip with the reason where it fails."""
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
    if ended.returncode:
        pytest.skip(why_not)
    return ended.stdout


def prepare(name: str, folder: Path) -> Path:
    """A copy of the client's folder, where it may be built."""
    return Path(shutil.copytree(FOLDER / name, folder / name))


def check(words: list[str], folder: Path) -> None:
    """Assert that the built client runs and finds what it should."""
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == EXPECTED


@pytest.mark.usefixtures("emulator")
class TestGo:
    @pytest.mark.skipif(shutil.which("go") is None, reason="go is not installed")
    def test_all(self, tmp_path: Path) -> None:
        """Puts, gets, pages, a transaction and an aggregation."""
        folder = prepare("go", tmp_path)
        run(["go", "mod", "tidy"], folder, "the packages of Go's client cannot be had")
        run(["go", "build", "-o", "smoke", "."], folder, "Go's client does not build here")
        check(["./smoke"], folder)


@pytest.mark.usefixtures("emulator")
class TestJava:
    @pytest.mark.skipif(shutil.which("mvn") is None, reason="mvn is not installed")
    def test_all(self, tmp_path: Path) -> None:
        """Puts, gets, pages, a transaction and an aggregation."""
        folder = prepare("java", tmp_path)
        packages = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
        run(packages, folder, "the packages of Java's client cannot be had")
        run(["javac", "-cp", "jars/*", "Smoke.java"], folder, "Java's client does not compile here")
        check(["java", "-cp", "jars/*:.", "Smoke"], folder)


@pytest.mark.google
@pytest.mark.usefixtures("emulator")
class TestJavaStub:
    @pytest.mark.skipif(shutil.which("javac") is None, reason="javac is not installed")
    def test_all(self, tmp_path: Path) -> None:
        """The same by the generated stub over grpc-java and Netty, of which the SDK's emulator brings the classes."""
        require_component("cloud-firestore-emulator")
        root = run(
            ["gcloud", "info", "--format=value(installation.sdk_root)"], tmp_path, "gcloud does not tell its folder"
        )
        jar = Path(root.strip()) / SDK_JAR
        folder = prepare("java_grpc", tmp_path)
        build = ["javac", "-proc:none", "-cp", str(jar), "Steps.java", "OverGrpc.java"]
        run(build, folder, f"the stub does not compile with {jar}")
        check(["java", "-cp", f"{jar}:.", "OverGrpc"], folder)
