from __future__ import annotations

from pathlib import Path

from support.loading import faults_of, load_text
from support.problems import assert_problems


def test_what_is_no_signal_is_told_where_it_stands(tmp_path: Path) -> None:
    text = """
        services:
          web:
            image: x
            x-composer: {reload: SIGHOP}
            configs:
              - source: site
                x-composer: {reload: KILL}
        configs:
          site:
            content: a
            x-composer: {reload: true}
        """

    assert_problems(
        faults_of(tmp_path, text),
        """
        error: 'SIGHOP' is no signal
          --> compose.yaml:4:26
           |
         4 |     x-composer: {reload: SIGHOP}
           |                          ^^^^^^
           = help: did you mean SIGHUP?

        error: no program can reload at SIGKILL: it never hears of it
          --> compose.yaml:7:30
           |
         7 |         x-composer: {reload: KILL}
           |                              ^^^^
           = help: write a signal such as SIGHUP, or false

        error: true is no signal
           --> compose.yaml:11:26
            |
         11 |     x-composer: {reload: true}
            |                          ^^^^
            = help: write a signal such as SIGHUP, or false
        """,
    )


def test_a_signal_may_be_written_in_each_of_its_forms(tmp_path: Path) -> None:
    text = """
        services:
          a: {image: x, x-composer: {reload: hup}, configs: [site]}
          b: {image: x, x-composer: {reload: 1}, configs: [site]}
          c: {image: x, x-composer: {reload: "${SIGNAL:-SIGUSR1}"}, configs: [site]}
          d: {image: x, x-composer: {reload: false}, configs: [site]}
          e: {image: x, x-composer: {reload: SIGRTMIN+3}, configs: [site]}
        configs: {site: {content: a}}
        """

    assert not load_text(tmp_path, text).warnings
