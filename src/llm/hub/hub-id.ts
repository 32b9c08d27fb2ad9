/**
 * How a model of the hub is called:  owner/name   owner/name@revision   owner/name/file.gguf   owner/name@revision/file.gguf
 * A revision is a branch, a tag or a commit (main where none is said). Whatever else a path may look like is no id.
 */

export interface HubId {
  /** owner/name. */
  readonly model: string;
  readonly revision: string;
  /** One GGUF file of the model's, where it is said which. */
  readonly file?: string;
}

/** The Hub's own rule for names: letters, digits, `-`, `_` and `.`, neither first nor last of the latter two kinds of mark. */
const NAME = "[A-Za-z0-9_](?:[\\w.-]*[A-Za-z0-9_])?";
const ID = new RegExp(`^(${NAME}/${NAME})(?:@([^@\\s]+?))?(?:/([^@]+\\.gguf))?$`);

/** What `text` names on the hub; undefined where it cannot be an id. */
export function parseHubId(text: string): HubId | undefined {
  const found = ID.exec(text);
  if (found === null) return undefined;
  const [, model, revision = "main", file] = found;
  if ([model, revision, file ?? ""].some((part) => part.includes("..") || part.includes("\\"))) return undefined;
  return { model, revision, ...(file !== undefined && { file }) };
}

/** The id as one writes it. */
export function showHubId({ model, revision, file }: HubId): string {
  return `${model}${revision === "main" ? "" : `@${revision}`}${file === undefined ? "" : `/${file}`}`;
}
