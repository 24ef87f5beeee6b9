# Base images made of Debian packages, under the names that compose files use.
# Sourced.  The one thing to know: they stand in for the real ones, are only made
# where Docker Hub does not answer, and say so in the label io.composer.lab.stand-in.
#
# Where the engine has our registry as its mirror they are pushed there and not
# kept, so that a pull is a true pull.  An engine without it gets them directly.

BASE=$LAB_REGISTRY/lab/base:latest
CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
STAMPS=$LAB_STATE/images

# name|folder under images/ ("-": no Dockerfile)|Debian package that names the version
images_catalogue() {
  cat << 'TABLE'
busybox:latest|-|busybox-static
alpine:latest|-|busybox-static
postgres:16-alpine|postgres|postgresql
postgres:16|postgres|postgresql
postgres:13|postgres|postgresql
python:3.12-slim|python|python3
python:3.11-slim|python|python3
nginx:alpine|nginx|nginx-light
redis:alpine|redis|redis-server
registry:2|registry|docker-registry
TABLE
  if node_is_portable; then echo 'node:22-slim|node|node'; fi
}

# Node is cheap only as a copy of the host's binary, if that needs few libraries.
node_is_portable() {
  have node && have npm && [ -d "$(node_modules)/npm" ] &&
    ! ldd "$(readlink -f "$(command -v node)")" | grep -qvE 'linux-vdso|ld-linux|lib(c|m|dl|pthread|stdc\+\+|gcc_s)\.so'
}

node_modules() { dirname "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")"; }

images_up() {
  local missing
  missing=$(images_missing)
  [ -n "$missing" ] || return 0
  on_debian || die 'Docker Hub does not answer, and stand-ins are built from Debian packages only'
  need_root 'building the base images'
  install_packages mmdebstrap busybox-static ca-certificates
  mkdir -p "$STAMPS"
  say "building $(xargs <<< "$missing")"
  build_small_images "$missing"
  if grep -qv -e busybox -e alpine: <<< "$missing"; then build_large_images "$missing"; fi
  [ -z "$(images_missing)" ] || die "could not be built: $(images_missing | xargs)"
}

# The names that are not there yet, or were made by another version of these files.
images_missing() {
  local name recipe
  recipe=$(recipe)
  while IFS='|' read -r name _; do
    image_present "$name" "$recipe" || echo "$name"
  done < <(images_catalogue)
}

image_present() {
  local name=$1 recipe=$2 label
  if images_go_to_registry; then
    registry_holds "$name" && [ "$(cat "$STAMPS/$name" 2> /dev/null)" = "$recipe" ]
  else
    # An image without our label is somebody's real one, and stays.
    label=$(docker image inspect --format '{{index .Config.Labels "io.composer.lab.recipe"}}' "$name" 2> /dev/null) &&
      { [ -z "$label" ] || [ "$label" = "$recipe" ]; }
  fi
}

# No engine yet: the one that the lab starts will have the mirror.
images_go_to_registry() {
  if [ -z "${IMAGES_GO_TO_REGISTRY:-}" ]; then
    IMAGES_GO_TO_REGISTRY=yes
    if have docker && engine_answers && ! engine_has_mirror; then IMAGES_GO_TO_REGISTRY=no; fi
  fi
  [ "$IMAGES_GO_TO_REGISTRY" = yes ]
}

recipe() {
  { cat "$LAB/images.sh" "$CA_BUNDLE" 2> /dev/null || true; find "$LAB/images" -type f -print0 | sort -z | xargs -0 cat; } |
    sha256sum | cut -c-16
}

build_small_images() {
  local name
  for name in busybox:latest alpine:latest; do
    if grep -qxF "$name" <<< "$1"; then
      busybox_tree | docker import -c 'CMD ["sh"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        -c "LABEL $(labels "$name" busybox-static | xargs -d '\n' printf '"%s" ' | sed 's/=/"="/g')" - "$(local_name "$name")" > /dev/null
      image_done "$name"
    fi
  done
}

# A tar of busybox and a link per applet.
busybox_tree() {
  local root applet
  root=$(mktemp -d)
  mkdir -p "$root"/{bin,sbin,etc/ssl/certs,root,home,usr/bin,usr/sbin,usr/local/bin,lib,mnt,opt,run,srv,var/log,var/lib,dev,proc,sys}
  mkdir -m 1777 "$root/tmp"
  cp /bin/busybox "$root/bin/busybox"
  for applet in $(busybox --list); do [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"; done
  ln -s ../../bin/env "$root/usr/bin/env"
  ln -s ../run "$root/var/run"
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' > "$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' > "$root/etc/group"
  cp "$CA_BUNDLE" "$root/etc/ssl/certs/ca-certificates.crt"
  tar -c -C "$root" --owner=0 --group=0 .
  rm -rf "$root"
}

# Two lanes for two cores: postgres takes as long as all the others together.
build_large_images() {
  local missing=$1 name folder package lane postgres=() others=() failed=no
  base_up
  while IFS='|' read -r name folder package; do
    grep -qxF "$name" <<< "$missing" || continue
    case $folder in
      -) ;;
      postgres) postgres+=("$name|$folder|$package") ;;
      *) others+=("$name|$folder|$package") ;;
    esac
  done < <(images_catalogue)
  build_lane "${postgres[@]}" &
  lane=$!
  build_lane "${others[@]}" || failed=yes
  wait "$lane" || failed=yes
  # Keep neither the base nor the steps of the builds, where a pull brings it all back.
  if images_go_to_registry; then
    docker image rm "$BASE" > /dev/null
    docker image prune -f --filter label=io.composer.lab.recipe > /dev/null
  fi
  [ "$failed" = no ] || die "a build failed; its last lines:" "$(tail -n 15 "$LAB_STATE"/build-*.log)"
}

build_lane() {
  local line name folder package
  for line in "$@"; do
    IFS='|' read -r name folder package <<< "$line"
    build_image "$name" "$folder" "$package" || return 1
    image_done "$name" || return 1
  done
}

build_image() {
  local name=$1 folder=$2 package=$3 context label=() line
  while read -r line; do label+=(--label "$line"); done < <(labels "$name" "$package")
  context=$LAB/images/$folder
  if [ "$folder" = node ]; then context=$(node_context); fi
  DOCKER_BUILDKIT=0 docker build --force-rm --build-arg "BASE=$BASE" "${label[@]}" \
    -t "$(local_name "$name")" "$context" > "$LAB_STATE/build-$folder.log" 2>&1
}

# Push it and let go of it, or leave it in the engine that has no mirror.
image_done() {
  local name=$1
  if images_go_to_registry; then
    docker push -q "$(local_name "$name")" > /dev/null
    recipe > "$STAMPS/$name"
    # The next tag of the same stand-in comes from the build cache: remove them together.
    docker image rm --no-prune "$(local_name "$name")" > /dev/null
    forget_older "$name"
  fi
  say "$name is ready"
}

# A stand-in pulled earlier, made by another version of these files, would hide the
# new one.  One in use by a container stays.
forget_older() {
  if [ -n "$(docker image ls -q --filter label=io.composer.lab.recipe "$1")" ]; then
    docker image rm "$1" > /dev/null 2>&1 || true
  fi
}

local_name() { if images_go_to_registry; then echo "$LAB_REGISTRY/library/$1"; else echo "$1"; fi; }

labels() {
  local name=$1 package=$2
  echo "io.composer.lab.stand-in=$package $(version_of "$package") from $(. /etc/os-release && echo "Debian $VERSION_ID"), standing in for $name"
  echo "io.composer.lab.recipe=$(recipe)"
}

version_of() {
  if [ "$1" = node ]; then
    node --version
  else
    apt-cache show --no-all-versions "$1" | sed -nE 's/^Version: ([0-9]+:)?([0-9.]+).*/\2/p' | head -n 1
  fi
}

node_context() {
  local context=$LAB_STATE/node
  rm -rf "$context"
  mkdir -p "$context"
  cp "$LAB/images/node/Dockerfile" "$context"
  cp -L "$(command -v node)" "$context/node"
  cp -r "$(node_modules)/npm" "$context/npm"
  echo "$context"
}

# A Debian without anything, 142 MB.  Its package lists stay, so that the builds
# on it need no update.
base_up() {
  if docker image inspect "$BASE" > /dev/null 2>&1 && [ "$(cat "$STAMPS/base" 2> /dev/null)" = "$(recipe)" ]; then return; fi
  local root
  root=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)")
  say 'building a Debian base'
  base_files "$root"
  # mmdebstrap reads the sources from a file, so that no mirror's name is needed here.
  TMPDIR=$root mmdebstrap --quiet --variant=minbase --format=tar \
    --aptopt="$root/apt.conf" --dpkgopt=force-unsafe-io --skip=cleanup/apt/lists \
    --customize-hook="cp -r $root/files/. \"\$1\"/" \
    --customize-hook='rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/* "$1"/var/cache/apt/*.bin' \
    "$(. /etc/os-release && echo "$VERSION_CODENAME")" - "$root/sources.list" 2> "$LAB_STATE/base.log" |
    docker import -c 'CMD ["bash"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$BASE" > /dev/null ||
    die "mmdebstrap failed; the last lines of $LAB_STATE/base.log:" "$(tail -n 5 "$LAB_STATE/base.log")"
  rm -rf "$root"
  recipe > "$STAMPS/base"
  # Compressing it takes a core for seconds, so it starts while the builds wait for apt.
  if images_go_to_registry; then docker push -q "$BASE" > /dev/null 2>&1 & fi
}

# What this host knows about reaching packages goes into the base, so that apt, pip
# and npm work in a build as they do here.
base_files() {
  local root=$1 files=$1/files
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    sort -u > "$root/sources.list"
  apt-config dump --no-empty --format '%F "%v";%n' Acquire |
    grep -vE '^Acquire::(IndexTargets|Changelogs|CompressionTypes|Languages|GzipIndexes)' > "$root/apt.conf" || true
  mkdir -p "$files/etc/ssl/certs" "$files/etc/apt/apt.conf.d" "$files/etc/dpkg/dpkg.cfg.d" "$files/usr/local/etc" "$files/usr/local/share/composer-lab"
  cp "$CA_BUNDLE" "$files/etc/ssl/certs/"
  # A second copy: installing ca-certificates would write the first anew.
  cp "$CA_BUNDLE" "$files/usr/local/share/composer-lab/ca.crt"
  # Lists as they were downloaded and no caches: 120 MB less in every image.
  cat >> "$root/apt.conf" << 'CONF'
Acquire::GzipIndexes "true";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
CONF
  cp "$root/apt.conf" "$files/etc/apt/apt.conf.d/90composer-lab"
  echo force-unsafe-io > "$files/etc/dpkg/dpkg.cfg.d/composer-lab"
  pip_conf > "$files/etc/pip.conf"
  npm_rc > "$files/usr/local/etc/npmrc"
}

pip_conf() {
  printf '[global]\ncert = /usr/local/share/composer-lab/ca.crt\ndisable-pip-version-check = true\n'
  if [ "$(id -u)" -eq 0 ]; then printf 'root-user-action = ignore\n'; fi
  # Indexes on the host's own disk do not exist in a container.
  python3 -m pip config list 2> /dev/null |
    sed -nE "s/^[^=]*\.(index-url|trusted-host|default-timeout)='(.*)'$/\1 = \2/p" |
    sed 's/^default-timeout/timeout/' | grep -v 'file://' | sort -u -t= -k1,1 || true
}

npm_rc() {
  printf 'cafile=/usr/local/share/composer-lab/ca.crt\nupdate-notifier=false\n'
  if have npm; then echo "registry=$(cd / && npm config get registry 2> /dev/null)"; fi
}
