/**
 * Runs examinations side by side: each for itself, each with a time limit, none able to fail the others. What could not be
 * looked at is `not-checked`, with the reason.
 */
import {
  type Diagnosis,
  EXAMINATIONS,
  type ExaminationId,
  notChecked,
} from "../../domain/doctor/diagnosis.ts";
import { EnvironmentError, Interrupted, UserError } from "../../errors.ts";

export interface Examination {
  readonly look: (signal: AbortSignal) => Promise<Diagnosis>;
  readonly limitMs: number;
}

export type Examinations = Readonly<Record<ExaminationId, Examination>>;

export type Examined = Diagnosis & { readonly id: ExaminationId };

/** In the order of `EXAMINATIONS`. @throws Interrupted */
export async function examineAll(
  examinations: Examinations,
  signal: AbortSignal,
): Promise<readonly Examined[]> {
  const ids = Object.keys(EXAMINATIONS) as ExaminationId[];
  return Promise.all(ids.map(async (id) => ({ id, ...(await examine(examinations[id], signal)) })));
}

async function examine({ look, limitMs }: Examination, signal: AbortSignal): Promise<Diagnosis> {
  if (signal.aborted) throw new Interrupted();
  const limit = AbortSignal.timeout(limitMs);
  const late = Promise.withResolvers<never>();
  // Not everything that is asked listens to a signal.
  limit.addEventListener("abort", () => late.reject(new Interrupted()), { once: true });
  const interrupted = Promise.withResolvers<never>();
  const onAbort = () => interrupted.reject(new Interrupted());
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([look(AbortSignal.any([signal, limit])), late.promise, interrupted.promise]);
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    if (limit.aborted) return notChecked(`it took longer than ${limitMs / 1000} s`);
    return unknown(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
    late.promise.catch(() => undefined);
    interrupted.promise.catch(() => undefined);
  }
}

function unknown(error: unknown): Diagnosis {
  if (error instanceof EnvironmentError || error instanceof UserError)
    return notChecked(error.message, error.details);
  return notChecked(error instanceof Error ? error.message : String(error));
}
