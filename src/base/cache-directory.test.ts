import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { cacheDirectory } from "./cache-directory.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("our own variable comes before the desktop's, and the desktop's before the usual place", () => {
  vi.stubEnv("DEFTREC_CACHE", "");
  vi.stubEnv("XDG_CACHE_HOME", "");
  expect(cacheDirectory()).toBe(join(homedir(), ".cache", "deftrec"));
  vi.stubEnv("XDG_CACHE_HOME", "relative/means/nothing");
  expect(cacheDirectory()).toBe(join(homedir(), ".cache", "deftrec"));
  vi.stubEnv("XDG_CACHE_HOME", "/var/cache/of-mine");
  expect(cacheDirectory()).toBe(join("/var/cache/of-mine", "deftrec"));
  vi.stubEnv("DEFTREC_CACHE", "here");
  expect(cacheDirectory()).toBe("here");
});
