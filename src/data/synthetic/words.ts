/**
 * What the invented marketplace sells: twelve categories of eight kinds each, in the order in which people who take up
 * something tend to buy (shoes, then socks, then a watch …). A star marks what is used up and bought again.
 * Brands are invented.
 */

/** A category: its kinds in order, its brands, and the month in which it sells best. */
export interface CategoryWords {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly brands: readonly string[];
  /** 1 January … 12 December. */
  readonly peakMonth: number;
}

/** `name | peak month | brands | kinds` a line. */
const TABLE = `
Running | 5 | Nordwind, Fleetfoot Lab, Kestrelo, Pacera | trail running shoes, running socks, running shirt, running shorts, running watch, hydration belt, energy gels*, electrolyte tablets*
Hiking | 8 | Nordwind, Alpenrau, Tamarisk & Co, Fjellgard | hiking boots, hiking poles, daypack, rain jacket, fleece jacket, water bottle, trail mix*, blister plasters*
Camping | 7 | Alpenrau, Fjellgard, Emberlight, Bosquera | two-person tent, sleeping bag, sleeping mat, camping stove, cook set, head torch, gas cartridges*, firelighters*
Cycling | 6 | Kestrelo, Velorant, Pacera, Ferrum Works | bike helmet, cycling gloves, cycling jersey, bike lights, bike lock, track pump, inner tubes*, chain oil*
Coffee | 11 | Caffetta, Brunwick, Morning Post, Orvika | espresso machine, coffee grinder, coffee scale, milk jug, espresso cups, coffee beans*, paper filters*, descaler*
Kitchen | 12 | Orvika, Ferrum Works, Hearthside Row, Maristo | chef's knife, cutting board, sharpening stone, cast iron pan, wok, spice mill, parchment paper*, knife oil*
Garden | 4 | Bosquera, Grovewell, Tamarisk & Co, Rivona | pruning shears, garden gloves, raised bed, watering can, garden hose, tomato seeds*, potting soil*, plant food*
Home office | 1 | Quillon, Lumen & Oak, Maristo, Halden | standing desk, office chair, desk lamp, monitor arm, mechanical keyboard, fountain pen, notebooks*, ink cartridges*
Photography | 9 | Halden, Lumen & Oak, Solario, Iriscope | camera body, 50 mm lens, tripod, camera bag, memory card, polarising filter, lens wipes*, instant film*
Music | 10 | Quillon, Solario, Cantabile, Brunwick | acoustic guitar, guitar tuner, guitar strap, capo, music stand, metronome, guitar strings*, plectrums*
Baby | 3 | Littlewren, Grovewell, Hearthside Row, Dandelo | pram, baby carrier, play mat, night light, baby bottle, bib set, nappies*, baby wipes*
Pets | 2 | Dandelo, Littlewren, Rivona, Barkley Lane | dog bed, dog lead, food bowl, dog coat, rope toy, grooming brush, dog food*, chew bones*`;

/** Everything the marketplace can sell. */
export const CATEGORIES: readonly CategoryWords[] = TABLE.trim()
  .split("\n")
  .map((line) => {
    const [name, month, brands, kinds] = line.split(" | ");
    return { name, peakMonth: Number(month), brands: brands.split(", "), kinds: kinds.split(", ") };
  });

const COLOURS = ["blue", "black", "forest green", "red", "sand", "grey", "orange", "white"];
const PACKS = [
  "trial size",
  "small pack",
  "pack of 6",
  "pack of 12",
  "large pack",
  "family pack",
  "refill",
  "value box",
];

/** `Nordwind trail running shoes, blue`: the n-th variant of a brand's kind, whose first colour or pack is the `start`-th. */
export function titleOf(brand: string, kind: string, usedUp: boolean, variant: number, start: number): string {
  const words = usedUp ? PACKS : COLOURS;
  const model = Math.floor(variant / words.length);
  return `${brand} ${kind}, ${words[(start + variant) % words.length]}${model === 0 ? "" : `, model ${model + 1}`}`;
}
