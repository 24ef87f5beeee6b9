"""Keys are heard in the foreground alone; a job in the background is not stopped for them."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

SHELL = """
import fcntl, os, signal, sys, termios

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
ready, tell = os.pipe()
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    from composer.cli.keys import keys
    with keys(lambda key: None):
        os.write(tell, b"x")
        signal.sigwait([signal.SIGUSR1])
    os._exit(7)
os.read(ready, 1)
os.kill(job, signal.SIGSTOP)
os.waitpid(job, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
os.kill(job, signal.SIGCONT)
os.waitpid(job, os.WCONTINUED)
os.kill(job, signal.SIGUSR1)
_, status = os.waitpid(job, os.WUNTRACED)
stopped = os.WIFSTOPPED(status)
os.kill(job, signal.SIGKILL) if stopped else None
sys.exit(1 if stopped else os.waitstatus_to_exitcode(status))
"""


def test_a_job_that_goes_on_in_the_background_is_not_stopped_again() -> None:
    far, near = pty.openpty()
    try:
        shell = subprocess.run(
            (sys.executable, "-c", SHELL),
            stdin=near,
            start_new_session=True,
            timeout=20,
            check=False,
        )
    finally:
        os.close(near)
        os.close(far)

    assert shell.returncode == 7


BEHIND = """
import fcntl, os, select, signal, sys, termios

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
ready, tell = os.pipe()
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    from composer.cli.keys import keys
    with keys(lambda key: os.write(tell, key.encode())):
        os.write(tell, b"-")
        signal.sigwait([signal.SIGUSR1])
    os._exit(7)

def heard():
    return os.read(ready, 1) if select.select([ready], [], [], 10)[0] else b""

begun = heard()
os.write(1, b"type")
os.setpgid(job, job) if begun else None
os.tcsetpgrp(0, job)
key = heard()
os.kill(job, signal.SIGUSR1)
_, status = os.waitpid(job, os.WUNTRACED)
stopped = os.WIFSTOPPED(status)
os.kill(job, signal.SIGKILL) if stopped else None
sys.exit(1 if stopped or key != b"x" else os.waitstatus_to_exitcode(status))
"""


def test_a_job_in_the_background_takes_no_keys_and_those_in_front_later() -> None:
    """A shell that brings a job to the front which is not stopped does not tell it."""
    far, near = pty.openpty()
    try:
        with subprocess.Popen(
            (sys.executable, "-c", BEHIND), stdin=near, stdout=near, start_new_session=True
        ) as shell:
            assert os.read(far, 4) == b"type"
            os.write(far, b"x")
            code = shell.wait(30)
    finally:
        os.close(near)
        os.close(far)

    assert code == 7
