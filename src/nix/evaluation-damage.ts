/** Errors of evaluations that are no longer what they were when they were kept. */
import type { StorePath } from "../domain/evaluation.ts";
import { EnvironmentError } from "../errors.ts";

export function derivationMissing(path: StorePath, storeRoot: string): EnvironmentError {
  return new EnvironmentError(
    "evaluation-damaged",
    `${path} is missing from the evaluation at ${storeRoot}`,
    "Something removed a part of the data directory while it was in use. Run the check again; the tree is evaluated anew.",
    { retryable: true },
  );
}

/** Whatever is wrong with what an evaluation wrote. */
export function derivationsDamaged(trouble: unknown): EnvironmentError {
  const what = trouble instanceof Error ? trouble.message : String(trouble);
  return new EnvironmentError(
    "evaluation-damaged",
    `the derivations of an evaluation cannot be read (${what})`,
    "Something changed the data directory while it was in use. Run the check again; the tree is evaluated anew.",
    { retryable: true },
  );
}
