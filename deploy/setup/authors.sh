#!/bin/sh
# Makes sure that the kits for authors can be tested: Node.js with npm, Python with venv, and in target/authors what their
# tools are installed from, so that the tests themselves need no network. Quiet when all is there.
set -eu
# shellcheck source=deploy/setup/packages.sh
. "$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/packages.sh"

QJS=0.4.5
PY=0.25.1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
kept=$root/target/authors

python_is_whole() {
    python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2> /dev/null
}

packages=
command -v node > /dev/null || packages="$packages nodejs"
command -v npm > /dev/null || packages="$packages npm"
python_is_whole || packages="$packages python3 python3-venv"
if [ -n "$packages" ]; then
    if ! can_install "Missing:$packages"; then
        say "$why Install Node.js 20 with npm and Python 3.11 with venv, or newer. Debian, as root:"
        say "  apt-get update && apt-get install -y$packages"
        exit 1
    fi
    say "Installing Debian's packages$packages, for the tests of the kits for authors."
    # shellcheck disable=SC2086 # several words
    if ! install_packages $packages; then
        say "That failed (see above). Run as root:  apt-get update && apt-get install -y$packages"
        exit 1
    fi
    if ! python_is_whole; then
        say "The Python found is older than 3.11 or has no venv; install a newer one, then run this again."
        exit 1
    fi
fi

# npm's own cache, filled by one installation; later ones are offline.
if ! [ -e "$kept/npm-$QJS" ]; then
    say "Fetching componentize-qjs $QJS."
    rm -rf "$kept/npm-first"
    mkdir -p "$kept/npm-first"
    (cd "$kept/npm-first" && printf '{"devDependencies":{"componentize-qjs":"%s"}}\n' "$QJS" > package.json \
        && npm install --cache "$kept/npm" --no-audit --no-fund --loglevel=error >&2)
    rm -rf "$kept/npm-first"
    : > "$kept/npm-$QJS"
fi
if ! [ -e "$kept/wheels-$PY" ]; then
    say "Fetching componentize-py $PY."
    mkdir -p "$kept/wheels"
    python3 -m venv "$kept/venv-first"
    "$kept/venv-first/bin/pip" download --quiet --disable-pip-version-check --no-deps \
        --dest "$kept/wheels" "componentize-py==$PY" >&2
    rm -rf "$kept/venv-first"
    : > "$kept/wheels-$PY"
fi
for world in profile alert; do
    cargo fetch --quiet --locked --manifest-path "$root/plugins/sdk/rust/template-$world/Cargo.toml"
done
