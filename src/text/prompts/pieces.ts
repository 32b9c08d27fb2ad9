/**
 * What a prompt is made of before it is token ids: words, ids that were made elsewhere (a title that was cut), and slots,
 * places that vectors will take (the continuous tokens of an item, query tokens).
 * @example
 * pieces`Chosen so far:\n${items.map((item) => pieces`- ${item.title} ${slot("item", 2)}\n`)}`
 */

/** Places in a prompt that vectors take. */
export interface Slot {
  readonly slot: string;
  /** How many vectors. */
  readonly places: number;
}

/** Token ids as they are. */
export interface Ids {
  readonly ids: readonly number[];
}

export type Piece = string | Slot | Ids;

/** Places for `places` vectors. Slots of one name are filled in their order. */
export function slot(name: string, places = 1): Slot {
  return { slot: name, places };
}

/** Pieces of a template literal; lists are laid end to end. */
export function pieces(
  texts: TemplateStringsArray,
  ...values: readonly (Piece | readonly (Piece | readonly Piece[])[])[]
): Piece[] {
  const all: Piece[] = [];
  texts.forEach((text, at) => {
    if (text !== "") all.push(text);
    if (at < values.length) all.push(...flat(values[at]));
  });
  return all;
}

function flat(value: Piece | readonly (Piece | readonly Piece[])[]): Piece[] {
  return Array.isArray(value)
    ? value.flatMap((each: Piece | readonly (Piece | readonly Piece[])[]) => flat(each))
    : [value as Piece]; // as: what is no list is a piece
}
