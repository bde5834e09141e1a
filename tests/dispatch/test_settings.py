"""What the environment may say, and what it may not."""

from pathlib import Path

import pytest

from dispatch.settings import BadSettingError, Settings

NAMES = ("PORT", "DISPATCH_CLOCK_RATE", "DISPATCH_TRUSTED_PROXIES", "DISPATCH_LANG")


def test_an_empty_environment_means_the_embedded_server_on_this_machine():
    settings = Settings.read({})
    assert settings == Settings()
    assert settings.database_url is None
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8080, Path("var"))


def test_a_variable_that_is_set_to_nothing_is_as_good_as_missing():
    names = (
        "DISPATCH_DATABASE_URL",
        "DISPATCH_DATA_DIR",
        "DISPATCH_HOST",
        "PORT",
        "DISPATCH_CLOCK_RATE",
        "DISPATCH_TRUSTED_PROXIES",
    )
    assert Settings.read(dict.fromkeys(names, "")) == Settings()


def test_every_variable_is_read():
    settings = Settings.read(
        {
            "DISPATCH_DATABASE_URL": "postgresql://db/x",
            "DISPATCH_DATA_DIR": "/srv/data",
            "DISPATCH_HOST": "0.0.0.0",  # noqa: S104 - only read
            "PORT": "9000",
            "DISPATCH_CLOCK_RATE": "3600",
            "DISPATCH_TRUSTED_PROXIES": "10.0.0.1, 192.168.1.7/24,fd00::/8,",
            "DISPATCH_LANG": "en_GB.UTF-8",
        }
    )
    assert settings.database_url == "postgresql://db/x"
    assert settings.data_dir == Path("/srv/data")
    assert (settings.host, settings.port) == ("0.0.0.0", 9000)  # noqa: S104
    assert settings.clock_rate == 3600
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.1/32", "192.168.1.0/24", "fd00::/8"]
    assert settings.lang == "en"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("DISPATCH_CLOCK_RATE", "fast"),
        ("DISPATCH_CLOCK_RATE", "0"),
        ("DISPATCH_CLOCK_RATE", "-2"),
        ("DISPATCH_CLOCK_RATE", "nan"),
        ("DISPATCH_CLOCK_RATE", "inf"),
        ("DISPATCH_CLOCK_RATE", "86401"),
        ("DISPATCH_TRUSTED_PROXIES", "proxy"),
        ("DISPATCH_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("DISPATCH_TRUSTED_PROXIES", "10.0.0.1 10.0.0.2"),
        ("DISPATCH_LANG", "fr"),
        ("DISPATCH_LANG", "C"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name_and_no_other_is_blamed(name, value):
    with pytest.raises(BadSettingError) as refused:
        Settings.read({name: value})
    for sentence in (refused.value.zh, refused.value.en):
        assert sentence.startswith(name)
        assert value in sentence
        assert [other for other in NAMES if other in sentence] == [name]


def test_a_language_we_do_not_have_is_answered_with_those_we_have():
    with pytest.raises(BadSettingError, match=r"zh.*en.*zh or en"):
        Settings.read({"DISPATCH_LANG": "fr"})
    assert [Settings.read({"DISPATCH_LANG": value}).lang for value in ("zh", "EN", "zh_CN.UTF-8")] == ["zh", "en", "zh"]
