#!/bin/sh
# Makes sure the PostgreSQL server programs are there: chronogram runs a server of its own from them.
# Quiet when they are; otherwise installs Debian's package, or says what to run and fails.
set -eu

OLDEST=15

# Where chronogram looks, in the same order: Debian's folders, then PATH.
found() {
    for folder in /usr/lib/postgresql/*/bin; do
        version=${folder#/usr/lib/postgresql/}
        version=${version%/bin}
        case $version in
            '' | *[!0-9]*) continue ;; # no such folder: the pattern itself
            *) ;;
        esac
        if [ "$version" -ge "$OLDEST" ] && [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ]; then
            return 0
        fi
    done
    program=$(command -v postgres) || return 1
    program=$(readlink -f "$program") || return 1
    [ -x "$(dirname "$program")/initdb" ] || return 1
    version=$("$program" --version | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge "$OLDEST" ]
}

say() {
    printf '%s\n' "$*" >&2
}

give_up() {
    say "$1 To go on, do one of these:"
    say "  - Debian or Ubuntu, as root:  mkdir -p /etc/postgresql-common"
    say "                                echo 'create_main_cluster = false' >> /etc/postgresql-common/createcluster.conf"
    say "                                apt-get update && apt-get install -y postgresql"
    say "  - another system: install the PostgreSQL server, $OLDEST or newer, so that \`postgres\` and \`initdb\` are in PATH"
    say "  - use a server you have:      export DATABASE_URL=postgres://user:password@host/database"
    exit 1
}

if found; then
    exit 0
fi

if ! command -v apt-get > /dev/null; then
    give_up "No PostgreSQL server $OLDEST or newer found, and no apt-get to install it with."
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root() { "$@"; }
elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
    as_root() { sudo -n "$@"; }
else
    give_up "No PostgreSQL server $OLDEST or newer found, and installing it needs root."
fi

say "No PostgreSQL server $OLDEST or newer found: installing Debian's package postgresql."

# Debian starts a cluster for everybody right after installing; we need the programs only. The file is read by the
# package's own set-up, so it must be there first; on install the package keeps a file that differs from its own.
conf=/etc/postgresql-common/createcluster.conf
if [ -e "$conf" ] && grep -Eq '^[[:space:]]*create_main_cluster[[:space:]]*=' "$conf"; then
    say "- $conf already says whether a main cluster is made; left as it is"
else
    say "- adding create_main_cluster = false to $conf, so that no second server is started"
    as_root mkdir -p /etc/postgresql-common
    printf '%s\n' 'create_main_cluster = false' | as_root tee -a "$conf" > /dev/null
fi
say "- apt-get update"
as_root apt-get update -qq || give_up "apt-get update failed (see above)."
say "- apt-get install -y postgresql"
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confold postgresql >&2 || give_up "apt-get install failed (see above)."

if ! found; then
    give_up "The package is installed, but it brings no PostgreSQL server $OLDEST or newer."
fi
say "PostgreSQL server programs are installed."
