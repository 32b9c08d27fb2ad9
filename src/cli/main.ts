#!/usr/bin/env node
/** The `deftrec` command. */
import { EXIT } from "./failure.ts";
import { runCommandLine } from "./run.ts";
import { processTerminal } from "./terminal.ts";

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? EXIT.done : EXIT.failure),
);

const code = await runCommandLine(process.argv.slice(2), processTerminal());
process.exitCode = code;
// What was left behind (a command that does not listen to Ctrl-C) must not hold the process.
if (code === EXIT.interrupted) process.exit(code);
