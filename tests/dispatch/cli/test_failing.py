"""Every failure is one sentence in both languages, and an exit code."""

import re

import pytest


def sentence(done, code):
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert re.search(r"[\u4e00-\u9fff]", done.stderr)
    assert re.search(r"[A-Za-z]{3}", done.stderr)
    return done.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve", "--nonsense"], ["serve", "--workers", "0"], ["import"]])
def test_what_is_no_command_is_refused_with_the_way_to_help(grid_dispatch, arguments):
    assert "--help" in sentence(grid_dispatch(*arguments), 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "abc"), ("PORT", "0"), ("DISPATCH_CLOCK_RATE", "-1"), ("DISPATCH_LOG", "loud"), ("DISPATCH_LANG", "fr")],
)
def test_a_bad_variable_of_the_environment_is_named_and_no_other(grid_dispatch, name, value):
    said = sentence(grid_dispatch("serve", **{name: value}), 2)
    assert set(re.findall(r"DISPATCH_[A-Z]+(?:_[A-Z]+)*|PORT", said)) == {name}
    assert "invalid literal" not in said


@pytest.mark.parametrize("url", ["postgresql://x@127.0.0.1:9/x", "mysql://x@127.0.0.1/x", "nonsense"])
def test_a_database_that_cannot_be_reached_is_named(grid_dispatch, url):
    assert "DISPATCH_DATABASE_URL" in sentence(grid_dispatch("migrate", url=url), 1)


def test_a_database_that_does_not_exist_is_named_with_how_it_is_made(grid_dispatch, server):
    said = sentence(grid_dispatch("migrate", url=_at(server, "no_such_database")), 1)
    assert all(said.count(word) >= 2 for word in ("no_such_database", "createdb", "DISPATCH_DATABASE_URL"))


def test_published_anchors_that_are_not_there_are_named(grid_dispatch, database_url):
    said = sentence(grid_dispatch("verify", "--published", "nowhere", url=database_url), 1)
    assert "找不到 nowhere" in said
    assert "there is no nowhere" in said


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_of_a_service_is_named(grid_dispatch, url):
    assert sentence(grid_dispatch("demo", "--url", url), 1).count("--url") >= 2


def test_a_password_in_the_address_is_never_shown(grid_dispatch):
    done = grid_dispatch("migrate", url="postgresql://x:very-secret@127.0.0.1:9/x")
    assert "very-secret" not in sentence(done, 1)


def test_a_database_without_the_schema_is_sent_to_migrate(grid_dispatch, server, database_url, psql):
    psql(database_url, "DROP TABLE migrations CASCADE")
    assert "grid-dispatch migrate" in sentence(grid_dispatch("verify", url=database_url), 1)


def test_a_migration_that_was_edited_stops_everything(grid_dispatch, database_url, psql):
    psql(database_url, "UPDATE migrations SET digest = 'x' WHERE number = 1")
    assert "0001" in sentence(grid_dispatch("migrate", url=database_url), 1)


def test_a_file_that_is_not_there_is_named_before_a_server_is_started(grid_dispatch, tmp_path):
    assert "missing.xlsx" in sentence(grid_dispatch("import", "missing.xlsx"), 1)
    assert not (tmp_path / "var").exists()


def test_a_service_that_is_not_there_is_named(grid_dispatch):
    said = sentence(grid_dispatch("demo", "--url", "http://127.0.0.1:9"), 1)
    assert all(said.count(word) >= 2 for word in ("http://127.0.0.1:9", "grid-dispatch serve", "PORT", "--url"))


def test_a_data_folder_that_cannot_be_is_named(grid_dispatch, tmp_path):
    (tmp_path / "file").write_text("")
    done = grid_dispatch("migrate", DISPATCH_DATA_DIR=str(tmp_path / "file"))
    assert "DISPATCH_DATA_DIR" in sentence(done, 1)


def test_english_comes_first_where_it_is_asked_for(grid_dispatch):
    assert grid_dispatch("import", "missing", DISPATCH_LANG="en").stderr.startswith("there is no missing")


def _at(url, name):
    head, mark, tail = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{mark}{tail}"
