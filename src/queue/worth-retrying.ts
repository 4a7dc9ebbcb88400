/** Whether a job that failed may succeed with nothing changed by hand. Our classes say so; what nobody foresaw gets the benefit of the doubt. */
import { EnvironmentError, InternalError, UserError } from "../errors.ts";

export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof EnvironmentError) return error.retryable;
  return !(error instanceof UserError || error instanceof InternalError);
}
