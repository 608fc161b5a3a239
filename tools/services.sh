#!/usr/bin/env bash
# Java and a PostgreSQL server from Debian's packages where they are absent; nothing is started or set up.
set -euo pipefail

packages=()
command -v java >/dev/null || [ -x "${JAVA_HOME:-/nowhere}/bin/java" ] || packages+=(openjdk-17-jre-headless)
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null || packages+=(postgresql)
[ "${#packages[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # The package would start a server of its own; the tests start theirs.
  case "${packages[*]}" in
    *postgresql*)
      mkdir -p /etc/postgresql-common
      grep -qs create_main_cluster /etc/postgresql-common/createcluster.conf \
        || echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf
      ;;
  esac
  apt-get update -qq
  apt-cache show openjdk-17-jre-headless >/dev/null 2>&1 || packages=("${packages[@]/openjdk-17/openjdk-21}")
  apt-get install -qq --no-install-recommends "${packages[@]}" >/dev/null
elif [ "${ICANS_REQUIRE_ENGINES:-}" = 1 ]; then
  echo "services.sh: ${packages[*]} must be installed, and that needs root and apt-get." >&2
  exit 1
else
  echo "services.sh: ${packages[*]} is not installed; the tests that need it are skipped." >&2
fi
