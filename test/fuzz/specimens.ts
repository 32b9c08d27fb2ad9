/** One whole log of each format, small: what the mutations start from. */
import { gzipSync } from "node:zlib";

/** Files of a log, by name; `source` is what a user would name, `items` what --items would. */
export interface Specimen {
  readonly format: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** "" is the folder itself. */
  readonly source: string;
  readonly items?: string;
  /** What stands between fields. */
  readonly delimiter: string;
}

const START = 1_300_000_000;
const ROWS = Array.from({ length: 24 }, (_, at) => ({
  user: 1 + Math.floor(at / 4),
  item: 1 + ((at * 7) % 9),
  rating: 1 + (at % 5),
  time: START + ((at * 37) % 24) * 1000,
}));
const ITEMS = Array.from({ length: 9 }, (_, at) => ({
  item: at + 1,
  title: `Title ${at + 1}, "the" café`,
  category: at % 2 === 0 ? "Drama" : "Comedy",
}));

const table = (delimiter: string, header: readonly string[], quote: (text: string) => string) => ({
  log: lines(
    header.slice(0, 4).join(delimiter),
    ROWS.map(({ user, item, rating, time }) => [user, item, rating, time].join(delimiter)),
  ),
  list: lines(
    header.slice(4).join(delimiter),
    ITEMS.map(({ item, title, category }) => [item, quote(title), category].join(delimiter)),
  ),
});

function lines(first: string, rest: readonly string[]): string {
  return [first, ...rest].map((line) => `${line}\n`).join("");
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const bare = (text: string) => text;
const HEADER = ["userId", "movieId", "rating", "timestamp", "movieId", "title", "genres"];
const TYPED = "user_id:token item_id:token rating:float timestamp:float item_id:token title:token_seq class:token_seq";

const commas = table(",", HEADER, quoted);
const tabs = table("\t", HEADER, bare);
const typed = table("\t", TYPED.split(" "), bare);
const histories = Array.from({ length: 6 }, (_, at) =>
  ROWS.filter(({ user }) => user === at + 1).map((row) => row.item),
);
const sequence = (upTo?: number) =>
  histories.map((items, at) => `${[at + 1, ...items.slice(0, upTo)].join(" ")}\n`).join("");
const jsonLines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const dict = ({ item, title, category }: (typeof ITEMS)[number]) =>
  `{'asin': 'B${item}', 'title': '${title}', 'categories': [['All', '${category}']], 'price': 9.5}\n`;
const reviews = jsonLines(
  ROWS.map(({ user, item, rating, time }) => ({
    reviewerID: `A${user}`,
    asin: `B${item}`,
    overall: rating,
    unixReviewTime: time,
  })),
);
const newReviews = jsonLines(
  ROWS.map(({ user, item, rating, time }) => ({
    rating,
    user_id: `A${user}`,
    asin: "x",
    parent_asin: `B${item}`,
    timestamp: time * 1000,
  })),
);
const flags = ({ category }: { readonly category: string }) =>
  Array.from({ length: 19 }, (_, at) => Number(at === (category === "Drama" ? 8 : 5))).join("|");
const between = (delimiter: string) =>
  ROWS.map(({ user, item, rating, time }) => `${[user, item, rating, time].join(delimiter)}\n`).join("");

/** Specimens by format; some formats have several faces. */
export const specimens: readonly Specimen[] = [
  {
    format: "csv",
    files: { "log.csv": commas.log, "items.csv": commas.list },
    source: "log.csv",
    items: "items.csv",
    delimiter: ",",
  },
  {
    format: "tsv",
    files: { "log.tsv": tabs.log, "items.tsv": tabs.list },
    source: "log.tsv",
    items: "items.tsv",
    delimiter: "\t",
  },
  {
    format: "jsonl",
    files: { "log.jsonl": jsonLines(ROWS), "items.jsonl": jsonLines(ITEMS) },
    source: "log.jsonl",
    items: "items.jsonl",
    delimiter: ",",
  },
  { format: "csv", files: { "log.csv.gz": gzipSync(commas.log) }, source: "log.csv.gz", delimiter: "," },
  { format: "sequences", files: { "log.txt": sequence() }, source: "log.txt", delimiter: " " },
  {
    format: "pairs",
    files: { "log.txt": between(" ").replaceAll(/ \d+ \d+\n/g, "\n") },
    source: "log.txt",
    delimiter: " ",
  },
  {
    format: "deftrec",
    files: {
      "train.txt": sequence(-1),
      "test.txt": sequence(),
      "item_list.txt": lines(
        "org_id remap_id title category",
        ITEMS.map(({ item, title, category }) => `B${item} ${item} ${quoted(title)} ${category}`),
      ),
      "user_list.txt": lines(
        "org_id remap_id",
        histories.map((_, at) => `U${at + 1} ${at + 1}`),
      ),
    },
    source: "",
    delimiter: " ",
  },
  { format: "recbole", files: { "shop.inter": typed.log, "shop.item": typed.list }, source: "", delimiter: "\t" },
  {
    format: "movielens",
    files: {
      "u.data": between("\t"),
      "u.item": Buffer.from(ITEMS.map((row) => `${row.item}|${row.title}|1995||u|${flags(row)}\n`).join(""), "latin1"),
    },
    source: "",
    delimiter: "\t",
  },
  {
    format: "movielens",
    files: {
      "ratings.dat": between("::"),
      "movies.dat": ITEMS.map((row) => `${row.item}::${row.title}::${row.category}|War\n`).join(""),
    },
    source: "ratings.dat",
    delimiter: "::",
  },
  {
    format: "movielens",
    files: { "ratings.csv": commas.log, "movies.csv": commas.list },
    source: "ratings.csv",
    delimiter: ",",
  },
  {
    format: "amazon",
    files: { "Beauty_5.json": reviews, "meta_Beauty.json": ITEMS.map(dict).join("") },
    source: "",
    delimiter: ",",
  },
  {
    format: "amazon",
    files: {
      "Beauty.jsonl": newReviews,
      "meta_Beauty.jsonl": jsonLines(
        ITEMS.map(({ item, title, category }) => ({ parent_asin: `B${item}`, title, categories: ["All", category] })),
      ),
    },
    source: "Beauty.jsonl",
    delimiter: ",",
  },
];
