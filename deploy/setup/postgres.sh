#!/bin/sh
# Makes sure the PostgreSQL server programs are there: chronogram runs a server of its own from them.
# Quiet when they are; otherwise installs Debian's package, or says what to run and fails.
set -eu
# shellcheck source=deploy/setup/packages.sh
. "$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/packages.sh"

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

can_install "No PostgreSQL server $OLDEST or newer found" || give_up "$why"

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
install_packages postgresql || give_up "That failed (see above)."

if ! found; then
    give_up "The package is installed, but it brings no PostgreSQL server $OLDEST or newer."
fi
say "PostgreSQL server programs are installed."
