/**
 * The floors of docs/architecture.md. A file imports its own room by relative path and lower floors through their doors
 * (`#tensor`); rooms on one floor do not see each other; nothing looks up; nothing goes in circles.
 */
const FLOORS = [
  ["base"],
  ["tensor"],
  ["random", "cluster"],
  ["nn", "optim", "data", "text"],
  ["llm", "diffusion", "flow", "retrieval"],
  ["recommender", "encoders", "tokenizers"],
  ["models", "train", "eval"],
  ["experiment", "store"],
  ["serve"],
  ["cli"],
];

const rooms = FLOORS.flat();
const anyOf = (names) => `^src/(${names.join("|")})/`;

const TEST = "\\.test\\.ts$";

/** Two rules a room: its code sees itself and what lies lower; its tests may also use their floor's other rooms (a model's
 * test trains). */
const downwards = FLOORS.flatMap((floor, level) => {
  const lower = FLOORS.slice(0, level).flat();
  return floor.flatMap((room) => [
    {
      name: `${room}-looks-down-only`,
      comment: `"${room}" is on floor ${level}: it may import itself and the rooms of lower floors (docs/architecture.md).`,
      severity: "error",
      from: { path: anyOf([room]), pathNot: TEST },
      to: { path: "^src/", pathNot: anyOf([room, ...lower]) },
    },
    {
      name: `${room}-tests-do-not-look-up`,
      comment: `Tests of "${room}" may use floor ${level} and below.`,
      severity: "error",
      from: { path: `${anyOf([room])}.*${TEST}` },
      to: { path: "^src/", pathNot: anyOf([...floor, ...lower]) },
    },
  ]);
});

module.exports = {
  forbidden: [
    ...downwards,
    {
      name: "room-has-a-floor",
      comment: "A folder in src/ that no floor names: give it one in .dependency-cruiser.cjs and docs/architecture.md.",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: anyOf(rooms) },
      to: {},
    },
    {
      name: "through-the-door",
      comment: 'Another room is imported by its name, `from "#room"`, never by a path into it.',
      severity: "error",
      from: { path: "^src/([^/]+)/" },
      to: { path: "^src/", pathNot: "^src/$1/", dependencyTypesNot: ["aliased-subpath-import"] },
    },
    {
      name: "own-room-by-path",
      comment:
        "Inside a room imports are relative: through its own door a file would import itself. (A test is a visitor.)",
      severity: "error",
      from: { path: "^src/([^/]+)/", pathNot: TEST },
      to: { path: "^src/$1/", dependencyTypes: ["aliased-subpath-import"] },
    },
    {
      name: "no-cycles",
      comment: "Files that need each other are one file, or need a third. (Imports of types alone do not run.)",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "one-file-knows-the-runtime",
      comment: "Only src/tensor/session.ts imports onnxruntime-node: it may be absent, and must be replaceable.",
      severity: "error",
      from: { pathNot: "^src/tensor/session\\.ts$" },
      to: { path: "onnxruntime" },
    },
    {
      name: "the-engine-stands-alone",
      comment: "src/ does not import test/, bench/ or examples/; a test beside its file may use the suites of test/.",
      severity: "error",
      from: { path: "^src/", pathNot: TEST },
      to: { path: "^(test|bench|examples)/" },
    },
    {
      name: "shipped-code-has-its-dependencies",
      comment: "What runs at a user's is in dependencies, not in devDependencies or by luck in node_modules.",
      severity: "error",
      from: { path: "^src/", pathNot: TEST },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "resolves",
      comment: "An import that leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^onnxruntime" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true, // types count: a room that needs another's types needs that room
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "node", "types", "default"],
    },
  },
};
