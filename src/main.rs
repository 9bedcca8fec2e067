//! `timbre` opens the window; `timbre <command>` does the same jobs without one.

fn main() -> std::process::ExitCode {
    timbre::cli::main()
}
