/** The words of a catalogue, by index; and what is said where there are none. */
import { DataError } from "#base";
import { type Catalogue, itemText } from "#data";

/** The text of every item, [N + 1]; padding and items without one have "". No text at all is a `DataError` of `option`. */
export function itemTexts({ rows }: Catalogue, model: string, option: string): readonly string[] {
  const texts = ["", ...rows.map(itemText)];
  if (texts.some((text) => text !== "")) return texts;
  throw new DataError(
    `${model}: ${option} compares the texts of items, and none of the ${rows.length} items has a title, brand or category.`,
    {
      code: "no-text",
      field: option,
      hint: "Import the log with a list of its items (--items FILE with a column title), or leave the option out.",
    },
  );
}
