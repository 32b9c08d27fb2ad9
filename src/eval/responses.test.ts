import { expect, test } from "vitest";
import { Catalogue } from "#data";
import { ResponseTally } from "./responses.ts";

const catalogue = new Catalogue([{ item: "a", category: "soap" }, { item: "b", category: "comb" }, { item: "c" }]);

test("a response is valid where it names a category of the catalogue, right where it is the item's; items without one do not count", () => {
  const tally = new ResponseTally(catalogue);
  expect(tally.value()).toEqual({ users: 0, named: 0, valid: 0, right: 0 });
  tally.see({ category: "soap" }, 1);
  tally.see({ category: "soap" }, 2);
  tally.see({ category: "shoes" }, 2);
  tally.see({}, 1);
  tally.see({ category: "soap" }, 3);
  expect(tally.value()).toEqual({ users: 4, named: 3 / 4, valid: 2 / 4, right: 1 / 4 });
});

test("a path is named by its end as well, which is right where the item's own ends so", () => {
  const paths = new ResponseTally(
    new Catalogue([
      { item: "a", category: "Acme/Tools/Saws" },
      { item: "b", category: "Best/Tools/Drills" },
    ]),
  );
  paths.see({ category: "Tools/Saws" }, 1);
  paths.see({ category: "Tools/Saws" }, 2);
  paths.see({ category: "Tools/Hammers" }, 2);
  expect(paths.value()).toEqual({ users: 3, named: 1, valid: 2 / 3, right: 1 / 3 });
});
