#!/bin/sh
# Makes sure this tree can be compiled: cargo, the toolchain that rust-toolchain.toml names with the target the
# strategies are built for, and a C compiler. Quiet when all is there.
set -eu
# shellcheck source=deploy/setup/packages.sh
. "$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/packages.sh"

TARGET=wasm32-unknown-unknown
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

toolchain=$(sed -n 's/^[[:space:]]*channel[[:space:]]*=[[:space:]]*"\([^"]*\)".*/\1/p' "$root/rust-toolchain.toml")
if [ -z "$toolchain" ]; then
    say "$root/rust-toolchain.toml names no channel; restore it from git"
    exit 1
fi

if ! command -v cargo > /dev/null; then
    if [ -x "${HOME:-}/.cargo/bin/cargo" ]; then
        say "cargo is installed but not in PATH. Run:  . \"\$HOME/.cargo/env\"  and then this again"
        exit 1
    fi
    say "cargo is missing. Install Rust $toolchain with rustup (https://rustup.rs), then run this again:"
    say "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain $toolchain"
    say "  . \"\$HOME/.cargo/env\""
    exit 1
fi

if command -v rustup > /dev/null; then
    # Asked outside the tree: inside it, rustup would begin to install what we are asking about.
    if ! (cd / && rustup target list --installed --toolchain "$toolchain" 2> /dev/null) | grep -qx "$TARGET"; then
        if ! (cd / && rustup run "$toolchain" rustc --version) > /dev/null 2>&1; then
            say "Installing Rust $toolchain, which rust-toolchain.toml names."
            (cd / && rustup toolchain install "$toolchain" --profile minimal --component rustfmt --component clippy) >&2
        fi
        say "Adding target $TARGET to Rust $toolchain."
        if ! (cd / && rustup target add "$TARGET" --toolchain "$toolchain") >&2; then
            say "That failed. With a network connection, run:  rustup target add $TARGET --toolchain $toolchain"
            exit 1
        fi
    fi
else
    # A distribution's Rust: no rustup to ask, so look whether the compiler has it.
    have=$(cd / && rustc --version | cut -d ' ' -f 2)
    lib=$(cd / && rustc --print target-libdir --target "$TARGET" 2> /dev/null) || lib=
    if [ "$have" != "$toolchain" ] || ! [ -d "$lib" ]; then
        say "rustup is missing, and the Rust found ($have) is not $toolchain with target $TARGET."
        say "Install rustup (https://rustup.rs), then run:  rustup target add $TARGET --toolchain $toolchain"
        exit 1
    fi
fi

if command -v cc > /dev/null; then
    exit 0
fi
if ! can_install "No C compiler found"; then
    say "$why Install one so that \`cc\` is in PATH. Debian, as root:"
    say "  apt-get update && apt-get install -y build-essential"
    exit 1
fi
say "No C compiler found: installing Debian's package build-essential."
if ! install_packages build-essential; then
    say "That failed (see above). Run as root:  apt-get update && apt-get install -y build-essential"
    exit 1
fi
