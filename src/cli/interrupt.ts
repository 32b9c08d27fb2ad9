/** Ctrl-C: asked once, work ends in good order between two steps; asked twice, at once. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Listens until it is closed. `onFirst` runs at the first signal; the second ends the process. */
export function listenForInterrupts(onFirst: () => void): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const close = () => {
    for (const name of SIGNALS) process.off(name, listener);
  };
  const listener = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      // By the signal itself: a process that exits while the runtime is at work may end in the runtime's own abort.
      close();
      process.kill(process.pid, name);
      process.exit(130); // where signals do not end a process: the first one of a container
    }
    controller.abort();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, listener);
  return { signal: controller.signal, close };
}
