import { primitiveSuite } from "../../../test/suites/primitive.suite.ts";
import * as primitives from "./index.ts";

primitiveSuite(primitives, {
  constants: { rotary: [1, 2] }, // its angles follow from positions, nothing learns them
});
