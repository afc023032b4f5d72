"""Google credentials for the live service: found, or told in one sentence how to get some.

The environment comes in, credentials go out: application-default ones, or those of a service account's file that
GOOGLE_APPLICATION_CREDENTIALS names. Which project is measured is never taken from them, because a project that nobody
typed must not be written to; the one that gcloud is set to is only for the message that asks for it.
"""

import configparser
import os
from pathlib import Path

import google.auth
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

from consistency.errors import ConsistencyError

SCOPES = ("https://www.googleapis.com/auth/datastore",)


def find_credentials() -> Credentials:
    """The credentials of this environment; ConsistencyError in one sentence where there are none that can be read."""
    try:
        credentials, _ = google.auth.default(scopes=SCOPES)
    except DefaultCredentialsError as error:
        named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
        why = f"GOOGLE_APPLICATION_CREDENTIALS={named} gives none ({error})" if named else "No Google credentials found"
        raise ConsistencyError(
            f'{why}. Run "gcloud auth application-default login", or set GOOGLE_APPLICATION_CREDENTIALS. '
            "To try without an account: --target embedded"
        ) from error
    except (GoogleAuthError, ValueError) as error:
        raise ConsistencyError(f"The Google credentials cannot be used: {error}. Make new ones.") from error
    return credentials


def find_gcloud_project() -> str | None:
    """The project that gcloud is set to, from its files; None where it is set to none."""
    named = os.environ.get("CLOUDSDK_CORE_PROJECT")
    if named:
        return named
    folder = Path(os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")
    try:
        active = (folder / "active_config").read_text(encoding="utf-8").strip()
        settings = configparser.ConfigParser()
        settings.read(folder / "configurations" / f"config_{active}", encoding="utf-8")
    except (OSError, configparser.Error):  # it is only a hint: no file, no hint
        return None
    return settings.get("core", "project", fallback=None)
