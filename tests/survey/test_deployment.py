"""The files for running it for real agree with the code, and with the programs that read them."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

import survey
from survey import cli
from survey.settings import Settings
from tests.journeys.proxies import NGINX

FOLDER = Path(survey.__file__).parent / "deployment"
UNITS = sorted(FOLDER.glob("*.service"))
_SETTINGS = {f"MEETMOMENT_{field.name.upper()}" for field in dataclasses.fields(Settings)}
_IN_FILES = {
    f"MEETMOMENT_{name}_FILE"
    for name in ("SECRET_KEY", "SHEET_KEY", "DATABASE_URL", "CONTACTS_URL", "CONTACTS_KEYS", "SMTP_URL")
}


def test_every_setting_that_is_named_exists() -> None:
    named = {
        name
        for path in FOLDER.iterdir()
        for name in re.findall(r"MEETMOMENT_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 6
    assert named - _SETTINGS - _IN_FILES == set()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_that_there_is_with_options_that_it_has(path: Path) -> None:
    (line,) = re.findall(r"^ExecStart=(.*)$", path.read_text(), re.MULTILINE)
    program, name, *words = shlex.split(line)
    assert program.endswith("/survey")
    with click.Context(cli.main) as parent:
        command = cli.main.get_command(parent, name)
    assert command is not None
    command.make_context(name, words, resilient_parsing=False)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_shuts_the_service_in(path: Path) -> None:
    text = path.read_text()
    wanted = (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "PrivateTmp=yes",
        "UMask=0077",
        "User=meetmoment",
    )
    for line in wanted:
        assert f"\n{line}\n" in text
    assert "SECRET_KEY=" not in text, "a key in a unit can be read by everybody"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_understands_every_line_of_a_unit(path: Path) -> None:
    said = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False
    ).stderr
    ours = [line for line in said.splitlines() if path.name in line]
    assert [line for line in ours if "is not executable" not in line] == []


def test_the_container_runs_commands_that_there_are() -> None:
    text = (FOLDER / "Containerfile").read_text()
    assert 'CMD ["serve", "--host", "0.0.0.0", "--no-long-work"]' in text
    assert "USER meetmoment" in text
    copied = set(re.findall(r"^COPY (\w+) \w+$", text, re.MULTILINE))
    assert copied == {"survey", "instruments", "printable", "translations"}


def test_the_container_leaves_out_what_only_tests_need() -> None:
    (block,) = re.findall(
        r"pip uninstall --yes --quiet((?: \\\n)?[^#]*?)\nCOPY", (FOLDER / "Containerfile").read_text()
    )
    left_out = set(block.replace("\\", " ").split())
    project = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    names = {re.split(r"[>=\[]", wanted)[0] for wanted in project["dependency-groups"]["dev"]}
    kept = {re.split(r"[>=\[]", wanted)[0] for wanted in project["project"]["dependencies"]}
    kept |= {
        re.split(r"[>=\[]", wanted)[0] for wanted in project["project"]["optional-dependencies"]["report"]
    }
    assert {"pytest", "playwright", "mypy"} <= left_out <= names - kept


def test_no_proxy_writes_an_address_to_a_log() -> None:
    nginx = (FOLDER / "nginx.conf").read_text()
    assert "access_log off;" in nginx
    assert re.search(r"error_log \S+ crit;", nginx), "an error of a lower level quotes the request"
    caddy = (FOLDER / "Caddyfile").read_text()
    assert re.search(r"^\t\t\t\trequest delete$", caddy, re.MULTILINE), "an error quotes the request"
    # The one `log` is that of errors, among the options for everything; in a site it would be an access log.
    assert re.findall(r"^\t*log\b", caddy, re.MULTILINE) == ["\tlog"]
    assert caddy.index("\tlog") < caddy.index("\n}\n")


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed here")
def test_nginx_understands_its_file(tmp_path: Path) -> None:
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1",
         "-keyout", tmp_path / "key", "-out", tmp_path / "pem"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0
    text = (FOLDER / "nginx.conf").read_text()
    for place, here in (
        ("/etc/ssl/certs/vragen.pem", tmp_path / "pem"),
        ("/etc/ssl/private/vragen.key", tmp_path / "key"),
        ("/var/log/nginx/meetmoment.log", tmp_path / "log"),
    ):
        text = text.replace(place, str(here))
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    checked = subprocess.run(
        [NGINX, "-t", "-p", tmp_path, "-e", tmp_path / "log", "-c", tmp_path / "nginx.conf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "syntax is ok" in checked.stderr, checked.stderr


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed here")
def test_caddy_understands_its_file_and_would_write_it_so(tmp_path: Path) -> None:
    words = ["--adapter", "caddyfile", "--config", str(FOLDER / "Caddyfile")]
    places = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    checked = subprocess.run(
        ["caddy", "validate", *words], env=os.environ | places, capture_output=True, text=True, check=False
    )
    assert "Valid configuration" in checked.stdout + checked.stderr, checked.stderr
    assert '"level":"warn"' not in checked.stderr, checked.stderr
    written = subprocess.run(["caddy", "fmt", str(FOLDER / "Caddyfile")], capture_output=True, check=False)
    assert written.stdout == (FOLDER / "Caddyfile").read_bytes()
