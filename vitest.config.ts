/** Tests run against the sources; what needs the built package (command line, worker threads) finds a fresh `dist/`. */
import { defineConfig } from "vitest/config";

// "source" makes `#room` mean src/room/index.ts, as it does for tsc.
const conditions = ["source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["source", "node"] } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
    // Processes, not threads: a native module (ONNX Runtime, DuckDB) that is loaded in several threads of one process
    // shares its state between test files, and one crash would take all of them down.
    pool: "forks",
    maxWorkers: 2,
    globalSetup: "./test/build.ts",
    reporters: ["default", "./test/reporter.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
