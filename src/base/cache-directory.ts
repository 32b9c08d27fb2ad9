/**
 * Where what can be made or fetched again is kept: prepared datasets, vectors of texts, models of the hub.
 * `DEFTREC_CACHE`; without it `deftrec` in `XDG_CACHE_HOME` (XDG base directories: an absolute path), which is ~/.cache where unset.
 */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The directory; it need not be there yet. */
export function cacheDirectory(): string {
  const { DEFTREC_CACHE: own, XDG_CACHE_HOME: shared } = process.env;
  if (own) return own;
  return join(shared && isAbsolute(shared) ? shared : join(homedir(), ".cache"), "deftrec");
}
