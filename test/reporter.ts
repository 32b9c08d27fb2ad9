/**
 * Ends a test run with `N passed, N failed` alone on the last line (`, N skipped` after it when there are any), so that
 * scripts need not read the summary meant for people. A run in which nothing ran is a failed run.
 */
import type { Reporter, TestModule, Vitest } from "vitest/node";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export default class TallyReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally = count(modules, unhandledErrors.length);
    // `--changed` may rightly find nothing to run; every other run that runs nothing was asked for the wrong thing.
    const mayBeEmpty = Boolean(this.#vitest?.config.changed || this.#vitest?.config.watch);
    const empty = tally.passed + tally.failed === 0;
    if (this.#vitest?.config.watch) {
      write(tally);
      return;
    }
    // The default reporter, hanging-process warnings and coverage print after this hook: wait for the very end.
    process.once("exit", () => {
      if (tally.failed > 0 || (empty && !mayBeEmpty)) process.exitCode = process.exitCode || 1;
      write(tally);
    });
  }
}

/** A file that failed outside its tests (does not load, a broken hook) and an error nobody caught count as failed. */
function count(modules: readonly TestModule[], unhandledErrors: number): Tally {
  const tally = { passed: 0, failed: unhandledErrors, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") tally.passed++;
      else if (state === "failed") tally.failed++;
      else tally.skipped++;
    }
    tally.failed += module.errors().length;
    for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
  }
  return tally;
}

function write({ passed, failed, skipped }: Tally): void {
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
}
