/**
 * Closure leaks: an image or a modules output that refers to headers or to another output drags gigabytes
 * into every system. Only what head refers to and base did not is the change's doing.
 */
import type { AttrPath, OutputName } from "./evaluation.ts";
import type { KernelFacts } from "./kernel-facts.ts";

export interface ClosureLeak {
  readonly attr: AttrPath;
  readonly output: OutputName;
  /** Output of the same kernel it refers to. */
  readonly refersTo: OutputName;
}

/** A modules output may not pull in the image, nor anything but `dev` itself pull in `dev`. */
function isUnwanted(output: OutputName, refersTo: OutputName): boolean {
  return output !== "dev" && (refersTo === "dev" || (output === "modules" && refersTo === "out"));
}

export function findLeaks(base: KernelFacts | undefined, head: KernelFacts): ClosureLeak[] {
  const atBase = new Set((base === undefined ? [] : leaksOf(base)).map(key));
  return leaksOf(head).filter((leak) => !atBase.has(key(leak)));
}

function key({ output, refersTo }: ClosureLeak): string {
  return `${output} → ${refersTo}`;
}

function leaksOf({ attr, outputs }: KernelFacts): ClosureLeak[] {
  const named = Object.entries(outputs);
  return named.flatMap(([output, facts]) =>
    named.flatMap(([refersTo, other]) =>
      refersTo !== output && isUnwanted(output, refersTo) && facts.references.includes(other.path)
        ? [{ attr, output, refersTo }]
        : [],
    ),
  );
}

export function leakMessage({ output, refersTo }: ClosureLeak): string {
  return `output \`${output}\` now refers to \`${refersTo}\`, so whoever takes \`${output}\` gets both`;
}
