/** Reference, paths and advice of a judged consumer: which of the things it refers to explains what happened. */
import { adviceFor, adviceForBoth, adviceForError, adviceForModule } from "./advice.ts";
import type { ConsumerEffect } from "./check-result.ts";
import type { ConsumerReference } from "./consumer-references.ts";
import type { MissingModule } from "./missing-module.ts";
import { describeMissing, describeReference, describeSelection } from "./reference-words.ts";
import type { Suspect } from "./suspect.ts";

/** Lost paths it names, version abstracted, without those below another. The whole output is none. Sorted, each once. */
export function consumerPaths({ references }: Suspect): readonly string[] {
  const lost = references.filter(({ status, path }) => status === "lost" && path !== "");
  const paths = [...new Set(lost.map(({ path }) => path))].sort();
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
}

/** Undefined where nothing is known of how it refers to a kernel. */
export function consumerReference(
  suspect: Suspect,
  effect: ConsumerEffect,
  missing: MissingModule | undefined,
): string | undefined {
  if (missing !== undefined) return describeMissing(missing);
  const telling = tellingReference(suspect);
  if (telling !== undefined) return describeReference(telling, telling.derivation.drv === headDrv(suspect));
  if (suspect.suspicion === "eval-error") return undefined;
  const [first] = suspect.references;
  if (first === undefined || effect === "none") return undefined;
  return describeSelection(first.kernel, suspect.outputs);
}

export function adviseConsumer(
  suspect: Suspect,
  effect: ConsumerEffect,
  missing: MissingModule | undefined,
): string | undefined {
  if (effect === "size") return undefined;
  if (missing !== undefined) return adviceForModule(missing);
  if (suspect.head?.ok === false) return adviceForError(suspect.head.error);
  const telling = tellingReference(suspect);
  if (telling !== undefined) return adviceFor(telling);
  const suspicion = suspect.inside ?? suspect.suspicion;
  return suspicion === "selects-other-outputs" ? adviceForBoth(suspect.outputs) : undefined;
}

/** References come with those that matter first. */
function tellingReference({ references }: Suspect): ConsumerReference | undefined {
  return references.find(({ status }) => status !== "present");
}

const headDrv = ({ head }: Suspect) => (head?.ok ? head.drv : undefined);
