from __future__ import annotations

from support.trees import lengthen, long


def test_names_are_a_map_of_nothing_in_particular() -> None:
    assert long("networks: [a, b], models: [m]") == {
        "networks": {"a": None, "b": None},
        "models": {"m": None},
    }


def test_settings_are_kept_and_driver_options_are_texts() -> None:
    assert long("networks: {a: {aliases: [x], driver_opts: {o: 1}}, b: }") == {
        "networks": {"a": {"aliases": ["x"], "driver_opts": {"o": "1"}}, "b": None}
    }


def test_a_network_declares_its_options_as_texts() -> None:
    text = (
        "networks: {n: {driver_opts: {mtu: 1450}, labels: [a],"
        " ipam: {options: {o: 1}, config: [{aux_addresses: {h: 1.5}}]}}, m: }"
    )

    assert lengthen(text) == {
        "networks": {
            "n": {
                "driver_opts": {"mtu": "1450"},
                "labels": {"a": ""},
                "ipam": {"options": {"o": "1"}, "config": [{"aux_addresses": {"h": "1.5"}}]},
            },
            "m": {},
        }
    }
