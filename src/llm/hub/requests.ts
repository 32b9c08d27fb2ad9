/**
 * Requests to the hub. The token goes to the endpoint's own origin and nowhere else: redirects are followed by hand, because
 * large files lie with others, at addresses that are signed already. What may pass (the connection broke, the server is
 * overloaded) is tried again, after 1, 2, 4, … seconds.
 */
import { setTimeout } from "node:timers/promises";
import { InterruptedError } from "#base";

export interface HubAccess {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token?: string;
  /** No request is made at all. */
  readonly offline?: boolean;
  readonly signal?: { readonly aborted: boolean };
  /** Milliseconds before the second attempt. */
  readonly pause?: number;
}

/** Where models are fetched from and as whom: HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, as Hugging Face's own tools read them. */
export function hubAccess(): HubAccess {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token, HF_HUB_OFFLINE: offline } = process.env;
  return {
    endpoint: (endpoint || "https://huggingface.co").replace(/\/+$/, ""),
    ...(token && { token }),
    offline: /^(1|true|yes|on)$/i.test(offline ?? ""),
  };
}

/** Attempts that end in nothing, one after the other. */
const ATTEMPTS = 5;
const PAUSE = 1000;
const MOST_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Nobody is there: asking again at once is no use. */
const NOBODY = ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN"];

/** Why a request brought nothing. */
export class HubTrouble extends Error {
  constructor(
    /** unreachable: nobody is there. broken: it may go better next time. refused: the answer is no. */
    readonly kind: "unreachable" | "broken" | "refused",
    message: string,
    readonly answer: { readonly status?: number; readonly code?: string } = {},
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = "HubTrouble";
  }
}

/** One request, its redirects followed; an answer that is not good is a `HubTrouble`. */
export async function request(
  address: string,
  access: HubAccess,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const home = new URL(access.endpoint).origin;
  let url = new URL(address);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const own = access.token !== undefined && url.origin === home;
    const response = await reached(url, access, {
      "user-agent": "deftrec",
      "accept-encoding": "identity", // sizes and ranges are of the file, not of what it is packed in
      ...headers,
      ...(own && { authorization: `Bearer ${access.token}` }),
    });
    const location = response.headers.get("location");
    if (REDIRECTS.includes(response.status) && location !== null) {
      await response.body?.cancel();
      url = new URL(location, url);
      continue;
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw refusal(response, url.origin !== home);
  }
  throw new HubTrouble("refused", `${address} leads from one address to the next, more than ${MOST_REDIRECTS} times`);
}

/** Does `attempt` again where it broke, as long as it brings something or five times in a row nothing. */
export async function persistently<T>(
  attempt: () => Promise<T>,
  { signal, pause = PAUSE }: HubAccess,
  brought: () => Promise<boolean> = async () => false,
): Promise<T> {
  for (let failures = 0; ; ) {
    requireGoingOn(signal);
    try {
      return await attempt();
    } catch (cause) {
      const trouble = asTrouble(cause);
      requireGoingOn(signal);
      failures = (await brought()) ? 1 : failures + 1;
      if (trouble?.kind !== "broken" || failures >= ATTEMPTS) throw trouble ?? cause;
      await setTimeout(pause * 2 ** (failures - 1), undefined, { signal: abortable(signal) }).catch(() => {});
    }
  }
}

/** Stops where someone asked for it. */
export function requireGoingOn(signal: HubAccess["signal"]): void {
  if (signal?.aborted) throw new InterruptedError("interrupted; what was fetched is kept.");
}

async function reached(url: URL, { signal }: HubAccess, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers, redirect: "manual", signal: abortable(signal) });
  } catch (cause) {
    throw asTrouble(cause) ?? cause;
  }
}

function abortable(signal: HubAccess["signal"]): AbortSignal | undefined {
  return signal instanceof AbortSignal ? signal : undefined;
}

/** fetch throws TypeErrors whose cause has the system's code, before an answer and while one is read. */
function asTrouble(cause: unknown): HubTrouble | undefined {
  if (cause instanceof HubTrouble) return cause;
  if (!(cause instanceof TypeError)) return undefined;
  const inner: unknown = cause.cause ?? cause;
  const code: unknown = Reflect.get(Object(inner), "code");
  const why = typeof code === "string" ? code : inner instanceof Error ? inner.message : String(inner);
  return new HubTrouble(NOBODY.includes(why) ? "unreachable" : "broken", why, {}, cause);
}

/** `elsewhere`: a signed address says 403 when its time is over; the endpoint signs another one. */
function refusal({ status, headers }: Response, elsewhere: boolean): HubTrouble {
  const passing = status >= 500 || status === 429 || status === 408 || (elsewhere && status === 403);
  const code = headers.get("x-error-code") ?? undefined;
  return new HubTrouble(passing ? "broken" : "refused", `status ${status}`, { status, code });
}
