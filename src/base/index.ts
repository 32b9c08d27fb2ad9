/** Floor 0: errors, events, configuration and files. Imports nothing of the house. */
export { cacheDirectory } from "./cache-directory.ts";
export * from "./config.ts";
export * from "./errors.ts";
export * from "./events.ts";
export { fileHash } from "./file-hash.ts";
export * from "./files.ts";
export { Lock } from "./lock.ts";
