import { primitiveSuite } from "../../../test/suites/primitive.suite.ts";
import * as primitives from "./index.ts";

primitiveSuite(primitives, {
  constants: {
    linearCrossEntropy: [3], // its weights say what counts, nothing learns them
    quantisedAffine: [2, 3], // scales and minima belong to weights that are never trained
    quantisedProduct: [2, 3],
    rotary: [1, 2], // its angles follow from positions, nothing learns them
    roundedAffine: [2], // scales belong to weights that are never trained
  },
  rounds: ["roundedAffine"],
});
