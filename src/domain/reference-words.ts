/** What a consumer refers to and where that went, in one sentence without a full stop. */
import type { ConsumerReference } from "./consumer-references.ts";
import type { OutputName } from "./evaluation.ts";
import type { MissingModule } from "./missing-module.ts";
import { quoted, quotedList } from "./plain-text.ts";

/** `isOwn`: the consumer reported is the derivation that has the reference, not one around it. */
export function describeReference(reference: ConsumerReference, isOwn: boolean): string {
  const { kernel, output, path, movedTo, status, derivation } = reference;
  const what = path === "" ? `all of \`${output}\`` : `\`${path}\` of \`${output}\``;
  const verb = path === "" ? "takes" : "names";
  const inner = isOwn ? "" : ` (in ${quoted(derivation.name)})`;
  const subject = `${verb} ${what} of ${quoted(kernel)}${inner}`;
  if (status === "present") return subject;
  if (movedTo === undefined) return `${subject}, which ${status === "lost" ? "is gone" : "lost files"}`;
  if (status === "lost") return `${subject}, which moved to \`${movedTo}\``;
  return `${subject}, part of which moved to \`${movedTo}\``;
}

export function describeMissing({ module, kernel, isBuiltin }: MissingModule): string {
  return `needs the module ${quoted(module)}, which ${quoted(kernel)} ${isBuiltin ? "has in its image now" : "no longer has"}`;
}

/** For a consumer that was written for kernels with and without an output, and takes it. */
export function describeSelection(kernel: string, outputs: readonly OutputName[]): string {
  return `takes ${quotedList(outputs)} of ${quoted(kernel)}`;
}
