# An ssh server's program, for tests that start one of their own.  Sourced.

sshd_installed() { PATH=$PATH:/usr/local/sbin:/usr/sbin command -v sshd > /dev/null 2>&1; }

ssh_up() {
  if have ssh && have ssh-keygen && sshd_installed; then return; fi
  if [ "$(id -u)" -ne 0 ]; then
    say 'sshd is missing, and only root can install it: tests of engines behind ssh will fail'
    return
  fi
  # The package would open port 22; the tests want its program, and a port of their own.
  local policy=/usr/sbin/policy-rc.d ours=''
  if [ ! -e "$policy" ]; then
    ours=$policy
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
  fi
  install_packages openssh-client openssh-server
  if [ -n "$ours" ]; then rm -f "$ours"; fi
}
