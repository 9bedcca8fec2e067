#!/usr/bin/env bash
# Builds Timbre and opens it, on a folder if one is given:  packaging/run.sh [FOLDER]
# Without a display it organises the folder from the command line instead.
set -euo pipefail

case "${1:-}" in
-h | --help) sed -n '2,3s/^# //p' "$0"; exit 0 ;;
esac
folder=${1:-}
if [ -n "$folder" ]; then
    [ -d "$folder" ] || { printf 'timbre: this is not a folder: %s\n' "$folder" >&2; exit 2; }
    folder=$(cd "$folder" && pwd)
fi

cd "$(dirname "$0")/.."
packaging/install-dependencies.sh
export PATH="$HOME/.cargo/bin:$PATH"
printf 'timbre: building (the first time takes about ten minutes)\n' >&2
# The folders of this machine stay out of the program.
join=$'\x1f'
flags=${RUSTFLAGS:-}
flags=${flags:+${flags// /$join}$join}
flags+="--remap-path-prefix=$PWD=timbre$join"
flags+="--remap-path-prefix=${RUSTUP_HOME:-$HOME/.rustup}=rustup$join"
flags+="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
CARGO_ENCODED_RUSTFLAGS=$flags cargo build --release --locked
timbre=${CARGO_TARGET_DIR:-target}/release/timbre

if [ "$(uname)" = Darwin ] || [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ]; then
    exec "$timbre" ${folder:+"$folder"}
fi

printf 'timbre: there is no display, so the command line does the job\n' >&2
if [ -z "$folder" ]; then
    music=$(command -v xdg-user-dir >/dev/null && xdg-user-dir MUSIC || printf '%s/Music' "$HOME")
    choice=2
    # The home folder is what xdg-user-dir says when there is no music folder.
    if [ -d "$music" ] && [ "$music" != "$HOME" ]; then
        choice=1
        if [ -t 0 ]; then
            printf 'Organize  1) your music folder %s  or  2) a small demo collection? [1] ' "$music" >&2
            read -r choice
        fi
    fi
    if [ "${choice:-1}" = 2 ]; then
        folder=$(mktemp -d)/timbre-demo
        "$timbre" demo "$folder"
    else
        folder=$music
    fi
fi
exec "$timbre" organize "$folder"
