/**
 * Pieces → token ids with places for vectors. Words between two slots are tokenised as one text, so that a prompt reads as it
 * would without slots. A conversation goes through the model's own chat template: what is no text stands in it as a
 * character of Unicode's private use area, which words cannot bring in, and is put in its place afterwards.
 */
import type { ChatTemplate } from "../chat-template.ts";
import type { TextTokenizer } from "../text-tokenizer.ts";
import type { Ids, Piece, Slot } from "./pieces.ts";

/** A prompt as a decoder reads it. */
export interface LaidOut {
  /** Token ids; -1 where a vector goes. */
  readonly ids: readonly number[];
  readonly slots: readonly PlacedSlot[];
}

export interface PlacedSlot {
  readonly slot: string;
  /** It takes ids[start .. start + places). */
  readonly start: number;
  readonly places: number;
}

export interface PromptMessage {
  readonly role: "system" | "user" | "assistant";
  readonly pieces: readonly Piece[];
}

/** What stands where a vector goes. */
export const VECTOR = -1;

const FIRST_MARK = 0xe000;
const MARKS = /[\ue000-\uf8ff]/g;
const MOST_MARKS = 0xf8ff - FIRST_MARK + 1;

/** Pieces one after the other, nothing added. */
export function layOut(tokenizer: TextTokenizer, pieces: readonly Piece[]): LaidOut {
  const ids: number[] = [];
  const slots: PlacedSlot[] = [];
  let words = "";
  const flush = () => {
    for (const id of tokenizer.tokens(words)) ids.push(id);
    words = "";
  };
  for (const piece of pieces) {
    if (typeof piece === "string") {
      words += piece;
      continue;
    }
    flush();
    if ("ids" in piece) {
      for (const id of piece.ids) ids.push(id);
      continue;
    }
    slots.push({ slot: piece.slot, start: ids.length, places: piece.places });
    for (let place = 0; place < piece.places; place++) ids.push(VECTOR);
  }
  flush();
  return { ids, slots };
}

/** A conversation as the model's template writes it, up to where the assistant's answer begins. */
export function layOutChat(
  tokenizer: TextTokenizer,
  template: ChatTemplate,
  messages: readonly PromptMessage[],
  { reply = true }: { readonly reply?: boolean } = {},
): LaidOut {
  const marked: (Slot | Ids)[] = [];
  const written = messages.map(({ role, pieces }) => ({ role, content: pieces.map(marking(marked)).join("") }));
  return layOut(tokenizer, unmarked(template.render(written, { reply }), marked));
}

/** Words without the characters that marks are made of; a mark for what is no text, which `marked` gains. */
function marking(marked: (Slot | Ids)[]) {
  return (piece: Piece): string => {
    if (typeof piece === "string") return piece.replaceAll(MARKS, "");
    if (marked.length === MOST_MARKS) throw new Error(`internal: a prompt has more than ${MOST_MARKS} slots`);
    marked.push(piece);
    return String.fromCharCode(FIRST_MARK + marked.length - 1);
  };
}

function unmarked(text: string, marked: readonly (Slot | Ids)[]): Piece[] {
  const all: Piece[] = [];
  let from = 0;
  for (const { index, 0: mark } of text.matchAll(MARKS)) {
    all.push(text.slice(from, index), marked[mark.charCodeAt(0) - FIRST_MARK]);
    from = index + 1;
  }
  return [...all, text.slice(from)];
}
