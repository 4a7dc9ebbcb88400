/**
 * GitHub's limits that its description leaves out: what a request too big is answered with.
 *
 * Sources: the 422 texts seen in the wild ("Body is too long (maximum is 65536 characters)", "name is too long
 * (maximum is 50 characters)", "Issues cannot have more than 100 labels") and
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api for content per minute.
 */
const COMMENT_CHARACTERS = 65_536;
const COMMENT_BYTES = 262_144;
const LABEL_CHARACTERS = 50;
const LABELS_PER_ISSUE = 100;
export const CONTENT_PER_MINUTE = 80;

/** Operations that GitHub counts as creating content. */
export const CREATES_CONTENT = new Set([
  "issues/create-comment",
  "issues/create",
  "pulls/create",
  "reactions/create-for-issue-comment",
]);

/** The message of a 422, or undefined where the request is within limits. `labels`: how many the issue has. */
export function overLimit(operation: string, body: unknown, labels: number): string | undefined {
  const { body: text, name, labels: added } = (body ?? {}) as Record<string, unknown>;
  if (/comment$/.test(operation) && typeof text === "string") {
    if ([...text].length > COMMENT_CHARACTERS || Buffer.byteLength(text) > COMMENT_BYTES)
      return `Body is too long (maximum is ${COMMENT_CHARACTERS} characters)`;
  }
  if (operation === "issues/create-label" && typeof name === "string" && name.length > LABEL_CHARACTERS)
    return `name is too long (maximum is ${LABEL_CHARACTERS} characters)`;
  if (operation === "issues/add-labels" && Array.isArray(added)) {
    if (added.some((label) => typeof label === "string" && label.length > LABEL_CHARACTERS))
      return "Validation Failed";
    if (labels + added.length > LABELS_PER_ISSUE)
      return `Issues cannot have more than ${LABELS_PER_ISSUE} labels`;
  }
  return undefined;
}
