//! `wasi:cli`: arguments, environment, streams and exit of a command. The export `run` has no row.

/// `wasi:cli/environment`.
#[macro_export]
macro_rules! wasi_cli_environment {
    ($callback:ident) => {
        $callback! {
            module cli::environment: "wasi:cli/environment", "0.2" {
                "get-environment" => get_environment() -> List<(String, String)>;
                "get-arguments" => get_arguments() -> List<String>;
                "initial-cwd" => initial_cwd() -> Option<String>;
            }
        }
    };
}

/// `wasi:cli/exit`. The last row is preview1's `proc_exit` as its adapter has it; no component can import that name.
#[macro_export]
macro_rules! wasi_cli_exit {
    ($callback:ident) => {
        $callback! {
            module cli::exit: "wasi:cli/exit", "0.2" or "0.3" {
                "exit" => exit(status: Result<(), ()>);
                "exit-with-code" => exit_with_code(status_code: u8);
                "[adapter]proc-exit" => adapter_proc_exit(status: u32);
            }
        }
    };
}

/// `wasi:cli/stdin`.
#[macro_export]
macro_rules! wasi_cli_stdin {
    ($callback:ident) => {
        $callback! {
            module cli::stdin: "wasi:cli/stdin", "0.2" {
                use io::streams::InputStream;
                "get-stdin" => get_stdin() -> Own<InputStream>;
            }
        }
    };
}

/// `wasi:cli/stdout`.
#[macro_export]
macro_rules! wasi_cli_stdout {
    ($callback:ident) => {
        $callback! {
            module cli::stdout: "wasi:cli/stdout", "0.2" {
                use io::streams::OutputStream;
                "get-stdout" => get_stdout() -> Own<OutputStream>;
            }
        }
    };
}

/// `wasi:cli/stderr`.
#[macro_export]
macro_rules! wasi_cli_stderr {
    ($callback:ident) => {
        $callback! {
            module cli::stderr: "wasi:cli/stderr", "0.2" {
                use io::streams::OutputStream;
                "get-stderr" => get_stderr() -> Own<OutputStream>;
            }
        }
    };
}

/// `wasi:cli/terminal-input`.
#[macro_export]
macro_rules! wasi_cli_terminal_input {
    ($callback:ident) => {
        $callback! {
            module cli::terminal_input: "wasi:cli/terminal-input", "0.2" or "0.3" {
                resource TerminalInput = 5 "terminal-input";
            }
        }
    };
}

/// `wasi:cli/terminal-output`.
#[macro_export]
macro_rules! wasi_cli_terminal_output {
    ($callback:ident) => {
        $callback! {
            module cli::terminal_output: "wasi:cli/terminal-output", "0.2" or "0.3" {
                resource TerminalOutput = 6 "terminal-output";
            }
        }
    };
}

/// `wasi:cli/terminal-stdin`.
#[macro_export]
macro_rules! wasi_cli_terminal_stdin {
    ($callback:ident) => {
        $callback! {
            module cli::terminal_stdin: "wasi:cli/terminal-stdin", "0.2" or "0.3" {
                use cli::terminal_input::TerminalInput;
                "get-terminal-stdin" => get_terminal_stdin() -> Option<Own<TerminalInput>>;
            }
        }
    };
}

/// `wasi:cli/terminal-stdout`.
#[macro_export]
macro_rules! wasi_cli_terminal_stdout {
    ($callback:ident) => {
        $callback! {
            module cli::terminal_stdout: "wasi:cli/terminal-stdout", "0.2" or "0.3" {
                use cli::terminal_output::TerminalOutput;
                "get-terminal-stdout" => get_terminal_stdout() -> Option<Own<TerminalOutput>>;
            }
        }
    };
}

/// `wasi:cli/terminal-stderr`.
#[macro_export]
macro_rules! wasi_cli_terminal_stderr {
    ($callback:ident) => {
        $callback! {
            module cli::terminal_stderr: "wasi:cli/terminal-stderr", "0.2" or "0.3" {
                use cli::terminal_output::TerminalOutput;
                "get-terminal-stderr" => get_terminal_stderr() -> Option<Own<TerminalOutput>>;
            }
        }
    };
}
