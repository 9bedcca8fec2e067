#!/usr/bin/env bash
# Installs what building, running and (with --tests) testing Timbre needs, if it is missing.
# Says what it will install first; asks for the administrator's password only when something is missing.
set -euo pipefail

tests=no
[ "${1:-}" = --tests ] && tests=yes

say() { printf 'timbre: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else stop "these commands need the administrator, and there is no sudo: $*"
    fi
}

# Installs what is not there yet. $1 tests one package, the rest of its words follow; $2 installs the missing ones.
install_missing() {
    local check=$1 install=$2 missing=()
    shift 2
    for package in "$@"; do
        $check "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    say "installing: ${missing[*]}"
    $install "${missing[@]}" || stop "the packages could not be installed; install them by hand and start again: ${missing[*]}"
}

has_deb() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
add_deb() {
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
has_rpm() { rpm -q "$1"; }
add_rpm() { as_root dnf install -y -q "$@"; }
has_arch() { pacman -Qi "$1"; }
add_arch() { as_root pacman -S --needed --noconfirm "$@"; }
has_brew() { brew list --versions "$1" | grep -q .; }
add_brew() { brew install "$@"; }

# A compiler for the C in SQLite and Opus, ALSA for sound, windows for X11 and Wayland, a software renderer for machines
# without a GPU, and letters for scripts that the built-in font lacks.
if have apt-get; then
    packages=(build-essential pkg-config cmake curl ca-certificates libasound2-dev
        libxkbcommon0 libxkbcommon-x11-0 libx11-6 libx11-xcb1 libxcb1 libxcursor1 libxi6 libxrandr2 libwayland-client0
        libegl1 libgl1 mesa-vulkan-drivers fonts-noto-cjk fonts-noto-core)
    [ $tests = yes ] && packages+=(ffmpeg)
    install_missing has_deb add_deb "${packages[@]}"
elif have dnf; then
    packages=(gcc gcc-c++ make pkgconf-pkg-config cmake curl alsa-lib-devel libxkbcommon libxkbcommon-x11 libX11 libX11-xcb
        libxcb libXcursor libXi libXrandr libwayland-client mesa-libEGL mesa-libGL mesa-vulkan-drivers
        google-noto-sans-cjk-fonts google-noto-sans-arabic-fonts)
    [ $tests = yes ] && packages+=(ffmpeg-free)
    install_missing has_rpm add_rpm "${packages[@]}"
elif have pacman; then
    packages=(base-devel pkgconf cmake curl alsa-lib libxkbcommon libxkbcommon-x11 libx11 libxcb libxcursor libxi libxrandr
        wayland mesa vulkan-swrast noto-fonts noto-fonts-cjk)
    [ $tests = yes ] && packages+=(ffmpeg)
    install_missing has_arch add_arch "${packages[@]}"
elif have brew; then
    packages=(pkg-config cmake)
    [ $tests = yes ] && packages+=(ffmpeg)
    install_missing has_brew add_brew "${packages[@]}"
elif [ "$(uname)" = Darwin ]; then
    stop "Homebrew is needed to install the build tools; get it from https://brew.sh and start again"
else
    stop "this system's package manager is not known; install a C compiler, cmake, pkg-config and ALSA's headers by hand"
fi

# Rust: the version the project asks for, or newer.
export PATH="$HOME/.cargo/bin:$PATH"
wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../Cargo.toml")
enough() { [ "$(printf '%s\n%s\n' "$wanted" "$(rustc --version | cut -d' ' -f2)" | sort -V | head -n 1)" = "$wanted" ]; }
if ! have cargo || ! enough; then
    if have rustup; then
        say "updating Rust to at least $wanted"
        rustup toolchain install stable --profile default --no-self-update && rustup default stable
    else
        say "installing Rust $wanted or newer for this user, from https://rustup.rs"
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default --no-modify-path ||
            stop "Rust could not be installed; see https://rustup.rs and start again"
    fi
    enough || stop "Rust $wanted or newer is needed, and $(rustc --version) was found"
fi
