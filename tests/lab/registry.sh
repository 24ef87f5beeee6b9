# A registry on loopback, in front of the engine as its mirror: what is pushed as
# library/NAME:TAG is what `docker pull NAME:TAG` gets.  Sourced.
#
# Only where Docker Hub does not answer; there the real images are better.

REGISTRY_DATA=$LAB_STATE/registry
REGISTRY_PID=$LAB_RUN/registry.pid
HUB_ANSWER=$LAB_STATE/hub # "yes" or "no", believed for an hour

# Are there no real images to be had?
stand_ins_wanted() {
  if [ -z "$(find "$HUB_ANSWER" -mmin -60 2> /dev/null)" ]; then
    if hub_answers; then echo yes; else echo no; fi > "$HUB_ANSWER"
  fi
  [ "$(cat "$HUB_ANSWER")" = no ]
}

# 401 is how Docker Hub greets a stranger.  Python, because a bare Debian has no curl.
hub_answers() {
  timeout 6 python3 -c '
import urllib.error, urllib.request
try:
    urllib.request.urlopen("https://registry-1.docker.io/v2/", timeout=4)
except urllib.error.HTTPError as error:
    raise SystemExit(error.code != 401)
' 2> /dev/null
}

registry_answers() { (exec 3<> "/dev/tcp/${LAB_REGISTRY/://}") 2> /dev/null; }

registry_is_ours() { live_pid "$REGISTRY_PID" "$LAB_STATE/registry.yml" > /dev/null; }

# Another user's lab, whose registry the engine has as its mirror: good as it is.
registry_is_anothers() {
  ! registry_is_ours && registry_answers && have docker && engine_answers && engine_has_mirror
}

registry_up() {
  if registry_is_ours && registry_answers; then return; fi
  if registry_is_anothers; then
    say "using the registry of another lab on $LAB_REGISTRY"
    return
  fi
  install_packages docker-registry
  if registry_answers; then
    # Where there is systemd, the package has started a service on this port by itself.
    die "port $LAB_REGISTRY is taken; stop what listens there or set COMPOSER_LAB_PORT"
  fi
  mkdir -p "$REGISTRY_DATA" "$LAB_RUN"
  cat > "$LAB_STATE/registry.yml" << YAML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $REGISTRY_DATA}, delete: {enabled: true}}
http: {addr: "$LAB_REGISTRY"}
YAML
  start_server "$LAB_STATE/registry.log" \
    sh -c 'echo $$ > "$1" && exec docker-registry serve "$2"' - "$REGISTRY_PID" "$LAB_STATE/registry.yml"
  wait_for 10 registry_answers || die "the registry does not answer, see $LAB_STATE/registry.log"
  say "registry started on $LAB_REGISTRY"
}

registry_down() {
  local pid
  pid=$(live_pid "$REGISTRY_PID" "$LAB_STATE/registry.yml") || return 0
  say 'stopping the registry'
  end_process "$pid"
  rm -f "$REGISTRY_PID"
}

# Asked of the disk: eleven HTTP requests less in a run that finds all done.
registry_holds() {
  [ -e "$REGISTRY_DATA/docker/registry/v2/repositories/library/${1%%:*}/_manifests/tags/${1#*:}/current/link" ]
}
