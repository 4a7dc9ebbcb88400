/**
 * What to write instead, by the form of the reference and by what went where.
 *
 * General on purpose: the output that something moved to is a fact of this change, not always `modules`. Where a
 * kernel may come from before or after the change, the advised form works for both.
 */
import type { ConsumerReference } from "./consumer-references.ts";
import type { OutputName } from "./evaluation.ts";
import type { MissingModule } from "./missing-module.ts";

/** Undefined where nothing useful can be said. */
export function adviceFor(reference: ConsumerReference): string | undefined {
  const { movedTo, path, output } = reference;
  if (movedTo === undefined) return reference.status === "present" ? undefined : adviceForGone(reference);
  const selected = `lib.getOutput "${movedTo}" kernel`;
  if (isInList(reference)) return `list both: \`kernel\` and \`${selected}\``;
  const attribute = reference.variable ?? (reference.place === "attribute" ? reference.name : undefined);
  if (path === "" && attribute !== undefined) {
    return `give \`${selected}\` in \`${attribute}\`, beside \`kernel\` where its other files are needed too`;
  }
  if (reference.place === "script" && reference.variable !== undefined && isFromOutside(reference)) {
    return `pass \`${selected}\` as \`${reference.variable}\``;
  }
  if (path === "") return `\`\${${selected}}\` for what was below \`${output}\` before`;
  return `\`\${${selected}}/${shortened(path)}\``;
}

/** `paths.0`, or one of several paths in an attribute. */
const isInList = ({ place, name }: ConsumerReference) => place === "attribute" && /\.\d+$/.test(name);

/** A variable that the script does not set itself comes from the derivation's attributes. */
const isFromOutside = ({ name }: ConsumerReference) => name.startsWith("/");

function adviceForGone({ path, output }: ConsumerReference): string | undefined {
  if (path === "") return undefined;
  if (/\d+\.\d+/.test(path)) return "take the version from `kernel.modDirVersion`";
  return `\`${path}\` is in no output of the kernel any more; it was in \`${output}\``;
}

/** What follows the version, or a pattern for it, is the consumer's own business. */
function shortened(path: string): string {
  return path.replace(/\/(?:<version>|\*)(?:\/.*)?$/, "/…");
}

/** For an image builder and its kin, one argument of which has to hold what are now two outputs. */
export function adviceForBoth(outputs: readonly OutputName[]): string {
  const others = outputs.filter((output) => output !== "out");
  const all = ["kernel", ...others.map((output) => `lib.getOutput "${output}" kernel`)];
  return `list both: ${all.map((one) => `\`${one}\``).join(" and ")}`;
}

export function adviceForModule({ module, isBuiltin }: MissingModule): string {
  const drop = `do not ask for the module \`${module}\``;
  return isBuiltin
    ? `${drop}: it is part of the image now`
    : `${drop}, or keep it in the kernel's configuration`;
}

/** `attribute 'target' missing` in an evaluation error. */
export function adviceForError(error: string): string | undefined {
  const missing = /attribute '([\w.'-]{1,60}?)' (?:missing|not found)|lacks attribute '([\w'-]{1,60}?)'/.exec(
    error,
  );
  const name = missing?.[1] ?? missing?.[2];
  if (name === undefined) return undefined;
  return `read \`${name}\` only where it exists: \`kernel.${name} or …\`, or pass a kernel that has it`;
}
