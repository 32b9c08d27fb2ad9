/** Ctrl-C: asked once, work ends in good order between two steps; asked twice, at once. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Listens until it is closed. `onFirst` runs at the first signal; the second leaves the process. */
export function listenForInterrupts(onFirst: () => void): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, listener);
  return {
    signal: controller.signal,
    close: () => {
      for (const name of SIGNALS) process.off(name, listener);
    },
  };
}
