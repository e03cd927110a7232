# Sourced by the scripts beside it: how they speak, and how they install Debian's packages where they may.

say() {
    printf '%s\n' "$*" >&2
}

# Whether packages can be installed here at all; says why not otherwise, in the words of the first argument.
can_install() {
    if ! command -v apt-get > /dev/null; then
        why="$1, and there is no apt-get to install it with."
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! { command -v sudo > /dev/null && sudo -n true 2> /dev/null; }; then
        why="$1, and installing it needs root."
        return 1
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

# Installs packages, with what they keep asking about left as it is.
install_packages() {
    say "- apt-get update"
    as_root apt-get update -qq >&2 || return 1
    say "- apt-get install -y $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Options::=--force-confold "$@" >&2
}
