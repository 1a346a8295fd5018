"""Settings: official values, each overridden by its variable."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipelines.errors import UsageError
from pipelines.settings import REFERENCE, ROOT, SAMPLE, SQL, Settings


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in fields(Settings):
        monkeypatch.delenv(f"OPAC_{field.name.upper()}", raising=False)


def test_without_a_variable_the_official_values_hold() -> None:
    settings = Settings.load()
    assert settings == Settings()
    assert settings.home == ROOT / "data" / "home"
    for url in (settings.catalogue_url, settings.list_url):
        assert urlsplit(url)[:2] == ("https", "www.data.gouv.fr")
    assert settings.list_url.endswith(settings.resource_id)
    assert urlsplit(settings.mirror_url)[:2] == ("https", "dgefp.opendatasoft.com")
    assert settings.max_rejected_share == 0.001
    assert settings.releases_kept == 7


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_each_setting_has_a_variable_of_its_type(
    monkeypatch: pytest.MonkeyPatch, field: object
) -> None:
    name = str(getattr(field, "name", ""))
    default = getattr(Settings(), name)
    value = {Path: "/ailleurs", str: "https://ailleurs.invalid/x", int: "12", float: "0.5"}
    text = value[Path if isinstance(default, Path) else type(default)]
    monkeypatch.setenv(f"OPAC_{name.upper()}", text)
    found = Settings.load()
    assert str(getattr(found, name)) == text
    assert isinstance(getattr(found, name), type(default))
    # And nothing else moved.
    assert [
        other.name
        for other in fields(Settings)
        if getattr(found, other.name) != getattr(Settings(), other.name)
    ] == [name]


def test_a_value_of_another_type_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPAC_ATTEMPTS", "beaucoup")
    with pytest.raises(UsageError) as raised:
        Settings.load()
    assert str(raised.value) == (
        "La variable OPAC_ATTEMPTS vaut « beaucoup », qui n'est pas une valeur valide : "
        "corrigez-la ou retirez-la."
    )


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPAC_ATTEMPTS", "OPAC_HOME", "OPAC_LIST_URL"):
        monkeypatch.setenv(name, "")
    assert Settings.load() == Settings()


def test_the_option_wins_over_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPAC_HOME", "/ailleurs")
    assert Settings.load().home == Path("/ailleurs")
    assert Settings.load(tmp_path).home == tmp_path


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_relative_home_is_made_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by_variable: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if by_variable:
        monkeypatch.setenv("OPAC_HOME", "essai/home")
    found = Settings.load(None if by_variable else Path("essai/home"))
    assert found.home == tmp_path / "essai" / "home"


def test_another_home_keeps_the_other_settings(tmp_path: Path) -> None:
    settings = Settings(attempts=2)
    moved = settings.with_home(tmp_path)
    assert moved.home == tmp_path
    assert moved == Settings(home=tmp_path, attempts=2)


def test_what_the_project_ships_is_where_settings_say() -> None:
    assert (SQL / "socle" / "organisme.sql").is_file()
    assert (REFERENCE / "region.csv").is_file()
    assert list(SAMPLE.glob("*.csv"))
