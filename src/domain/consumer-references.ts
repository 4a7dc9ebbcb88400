/**
 * What one derivation's references to a kernel mean for it: a path that is gone, a whole that lost something, or
 * nothing to worry about.
 *
 * What trips people up: the same words are right or wrong depending on what this change removed from which output.
 * `${kernel.dev}/lib/modules` and `${kernel}/bzImage` are fine here and may not be next time; nothing is judged
 * by a fixed list.
 */
import type { Derivation } from "./derivation.ts";
import type { Dependents } from "./derivation-graph.ts";
import type { AttrPath, DrvPath, OutputName, StorePath } from "./evaluation.ts";
import { abstractPath, type KernelChange } from "./kernel-change.ts";
import { findReferences, type Reference } from "./references.ts";

export interface ConsumerReference extends Reference {
  readonly kernel: AttrPath;
  /** The derivation that has it, which need not be the attr that is reported. */
  readonly derivation: { readonly drv: DrvPath; readonly name: string };
  /** `lost`: it names a path that is gone. `opaque`: it uses a directory, or the whole, that lost something. */
  readonly status: "lost" | "opaque" | "present";
  /** The suffix with the version abstracted. */
  readonly path: string;
  /** Where what was lost went. */
  readonly movedTo?: OutputName;
}

export interface DerivationView {
  readonly derivations: ReadonlyMap<DrvPath, Derivation>;
  readonly dependents: Dependents;
  /** Sources of the store that are texts, as far as they were read. */
  readonly texts: ReadonlyMap<StorePath, string>;
}

/** Sources worth reading for `referencesTo`: the scripts that direct dependents of these kernels are handed. Sorted. */
export function scriptSources(
  derivations: ReadonlyMap<DrvPath, Derivation>,
  kernels: ReadonlySet<DrvPath>,
): readonly StorePath[] {
  const consumers = [...derivations.values()].filter(({ inputDrvs }) => !kernels.isDisjointFrom(inputDrvs));
  return [...new Set(consumers.flatMap(({ inputSrcs }) => inputSrcs))].sort();
}

export function referencesTo(
  change: KernelChange,
  derivation: Derivation,
  view: DerivationView,
): readonly ConsumerReference[] {
  const references = findReferences(derivation, change.head, textsFor(derivation, view));
  const runsAsScript = isRunBySomebody(derivation, view);
  return references.map((reference) => ({
    ...reference,
    ...(runsAsScript && reference.place === "text" ? { place: "script" as const } : {}),
    kernel: change.attr,
    derivation: { drv: derivation.path, name: derivation.name },
    ...classify(change, reference),
  }));
}

function classify(change: KernelChange, { output, suffix }: Reference) {
  const path = abstractPath(suffix, change);
  const gone = suffix !== "" && change.lost.status(output, suffix) === "lost";
  if (!gone && !change.lost.losesBelow(output, suffix)) return { status: "present" as const, path };
  const movedTo = change.lost.movedTo(output, suffix);
  const status = gone ? ("lost" as const) : ("opaque" as const);
  return { status, path, ...(movedTo === undefined ? {} : { movedTo }) };
}

/** Its sources, and what the text derivations among its inputs write. */
function textsFor(
  { inputSrcs, inputDrvs }: Derivation,
  { derivations, texts }: DerivationView,
): ReadonlyMap<StorePath, string> {
  const found = new Map<StorePath, string>();
  for (const source of inputSrcs) {
    const text = texts.get(source);
    if (text !== undefined) found.set(source, text);
  }
  for (const drv of inputDrvs.keys()) {
    const input = derivations.get(drv);
    const text = input === undefined ? undefined : writtenText(input);
    if (input !== undefined && text !== undefined) found.set(input.outputs["out"]?.path || drv, text);
  }
  return found;
}

/** What a derivation made with `writeText` and its kin writes; undefined for others. */
export function writtenText({ env, structuredAttrs }: Derivation): string | undefined {
  const text = structuredAttrs === undefined ? env["text"] : structuredAttrs["text"];
  return typeof text === "string" ? text : undefined;
}

/** A text may be the builder script of another derivation: then it is run, and its result is what counts. */
function isRunBySomebody(
  { path, outputs }: Derivation,
  { derivations, dependents }: DerivationView,
): boolean {
  const out = outputs["out"]?.path;
  if (out === undefined || out === "") return false;
  return (dependents.get(path) ?? []).some((drv) => {
    const user = derivations.get(drv);
    return user !== undefined && [user.builder, ...user.args].includes(out);
  });
}
