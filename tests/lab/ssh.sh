# An ssh server's program, for tests that start one of their own.  Sourced.

sshd_installed() { PATH=$PATH:/usr/local/sbin:/usr/sbin command -v sshd > /dev/null 2>&1; }

ssh_up() {
  if have ssh && have ssh-keygen && sshd_installed; then return; fi
  need_root 'installing an ssh server'
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
