/** Floor 9: the command line, as a function of words and a terminal. */
export { runCommandLine } from "./run.ts";
export { processTerminal, type Terminal } from "./terminal.ts";
