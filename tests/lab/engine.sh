# The Docker Engine: use the one that answers, or start Debian's.  Sourced.
#
# An engine is ours only if the process in our pid file runs on our data root;
# nothing else is ever stopped.

ENGINE_DATA=$LAB_STATE/docker
ENGINE_PID=$LAB_RUN/dockerd.pid
ENGINE_SOCKET=/var/run/docker.sock

engine_answers() { timeout 5 docker version --format '{{.Server.Version}}' > /dev/null 2>&1; }

engine_of_lab_lives() { live_pid "$ENGINE_PID" "$ENGINE_DATA" > /dev/null; }

# Is the engine that docker talks to the one that the lab started?
engine_is_ours() { host_is_default && engine_of_lab_lives; }

host_is_default() {
  case ${DOCKER_HOST:-} in '' | unix:///var/run/docker.sock | unix:///run/docker.sock) ;; *) return 1 ;; esac
}

# Does the engine ask our registry before it asks Docker Hub?
engine_has_mirror() {
  docker info --format '{{range .RegistryConfig.Mirrors}}{{.}} {{end}}' 2> /dev/null | grep -qF "$LAB_REGISTRY"
}

# Say early what no installing would cure.  "Permission denied" and "nothing there"
# look alike to whoever only asks for an answer.
engine_may_be_used() {
  if ! host_is_default && ! { install_cli && engine_answers; }; then
    die "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST" \
      'start it, or unset DOCKER_HOST and the lab starts one of its own'
  fi
  if host_is_default && [ -S "$ENGINE_SOCKET" ] && [ ! -w "$ENGINE_SOCKET" ]; then
    die "$(id -un) may not use $ENGINE_SOCKET" 'run this with sudo, or join the group docker'
  fi
}

# Debian 13 packs the client apart.
install_cli() { have docker || install_packages "$(apt-cache show docker-cli > /dev/null 2>&1 && echo docker-cli || echo docker.io)"; }

engine_up() {
  if have docker && engine_answers; then
    return
  fi
  need_root 'starting a Docker Engine'
  install_packages docker.io iptables iproute2
  install_cli
  # Where there is systemd, the package has started a service by itself.
  if [ -d /run/systemd/system ] && wait_for 5 engine_answers; then return; fi
  engine_start
}

engine_start() {
  local dockerd mirror=()
  dockerd=$(command -v dockerd || echo /usr/sbin/dockerd)
  stand_ins_wanted && mirror=(--registry-mirror "http://$LAB_REGISTRY")
  engine_clean_up
  mkdir -p "$LAB_RUN" "$ENGINE_DATA"
  say "starting $("$dockerd" --version | cut -d, -f1)"
  # The engine's own address pools have room for some thirty networks.  This one has
  # for a thousand, clear of the subnets that people write into compose files.
  start_server "$LAB_STATE/dockerd.log" "$dockerd" \
    --host "unix://$ENGINE_SOCKET" --pidfile "$ENGINE_PID" \
    --data-root "$ENGINE_DATA" --exec-root "$LAB_RUN/exec" \
    --default-address-pool base=10.213.0.0/16,size=26 "${mirror[@]}"
  # A killed engine's containers are stopped first, which may take a while.
  wait_for 40 engine_answers ||
    die "the engine does not answer; the last lines of $LAB_STATE/dockerd.log:" \
      "$(tail -n 5 "$LAB_STATE/dockerd.log")"
}

engine_down() {
  local pid
  pid=$(live_pid "$ENGINE_PID" "$ENGINE_DATA") || {
    say 'no engine of the lab is running'
    return
  }
  say "stopping the engine and its $(docker --host "unix://$ENGINE_SOCKET" ps -q 2> /dev/null | wc -l) running containers"
  end_process "$pid"
  engine_clean_up
}

# Remove what a dead engine leaves behind: its containerd and pid files, and the
# bridges and iptables rules that would break DNS in the next one's containers.
# With any engine alive nothing is touched: it may be theirs.
engine_clean_up() {
  local pid bridge
  if any_engine_lives; then return; fi
  if pid=$(live_pid "$LAB_RUN/exec/containerd/containerd.pid" containerd); then end_process "$pid"; fi
  rm -f "$ENGINE_PID" "$LAB_RUN/exec/containerd/containerd.pid"
  have ip || return 0
  for bridge in $(ip -o link show type bridge | grep -oE '(docker0|br-[0-9a-f]{12})'); do
    ip link delete "$bridge" || true
  done
  clean_iptables
}

any_engine_lives() {
  local pid
  for pid in $(pgrep -x dockerd); do process_gone "$pid" || return 0; done
  return 1
}

clean_iptables() {
  local rules ours='DOCKER|docker0|br-[0-9a-f]{12}'
  rules=$(iptables-save 2> /dev/null) || return 0
  grep -qE "$ours" <<< "$rules" || return 0
  grep -vE "$ours" <<< "$rules" | iptables-restore ||
    say 'the iptables rules of a dead engine could not be removed'
}

engine_report() {
  docker version --format 'lab: engine {{.Server.Version}}, API {{.Server.APIVersion}}, client {{.Client.Version}}'
  if engine_is_ours; then say "started by the lab, log: $LAB_STATE/dockerd.log"; else say 'not started by the lab'; fi
}
